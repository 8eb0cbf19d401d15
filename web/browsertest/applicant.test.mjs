// The applicants' way: an application is begun and filled in step by step, by
// keyboard and on a small screen too; two editors do not overwrite each other;
// a session that ends loses no typing; documents, the check and the signature.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'

import { accessible, desktop, launch, mobile, open, reflows, screenshot, site } from './browser.mjs'

const { REGISTRAR_ISSUER: issuer, REGISTRAR_ISSUED: issued } = process.env
for (const [name, value] of Object.entries({ issuer, issued })) assert.ok(value, `${name} is not given`)

let browser
before(async () => { browser = await launch() })
after(async () => { await browser?.close() })

async function visitor (name, options = desktop) {
  const opened = await open(browser, options)
  opened.page.otherSites = [issuer]
  await opened.page.goto(`${site}/login?next=/applications`)
  await choose(opened.page, name)
  return opened
}

async function choose (page, name) {
  await page.waitForURL(`${issuer}/login**`)
  await page.getByRole('button', { name }).click()
  await page.waitForURL((url) => url.origin === new URL(site).origin)
}

async function check (page, name) {
  await accessible(page, name)
  await reflows(page, name)
  await screenshot(page, name)
  assert.equal(await page.locator('h1').count(), 1, `${name}: one heading of the first level`)
}

let application

test('an application is begun by keyboard, and every step is shown', async () => {
  const { page, wrong, close } = await visitor('Ann Applicant')
  await check(page, 'applications')
  await page.getByRole('link', { name: 'Begin an application' }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/applications/new')
  await check(page, 'applications-new')
  await page.getByLabel('Title').focus()
  await page.keyboard.type('Falls among older people (made up)')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Falls among older people (made up)' }).waitFor()
  application = new URL(page.url()).pathname
  await check(page, 'application-tasks')
  for (const step of ['purpose', 'parties', 'lines', 'support', 'flows', 'term', 'check', 'sign']) {
    await page.goto(`${site}${application}/${step}`)
    await check(page, `application-${step}`)
  }
  assert.deepEqual(wrong, [])
  await close()
})

test('steps are saved; what is wrong is said beside the answer', async () => {
  const { page, wrong, close } = await visitor('Ann Applicant')
  await page.goto(`${site}${application}/purpose`)
  // As pasted: typing so much would take minutes.
  await page.getByLabel('Objective for processing').evaluate((field) => { field.value = 'To learn who falls.\n'.repeat(3000) })
  await page.getByRole('group', { name: 'Is there a commercial purpose?' }).getByLabel('No').check()
  await page.getByRole('button', { name: /Save and stay/ }).click()
  await page.getByText('Saved.').waitFor()
  await check(page, 'application-purpose-saved')
  assert.equal((await page.getByLabel('Objective for processing').inputValue()).length, 60000)

  await page.goto(`${site}${application}/parties`)
  await page.getByLabel('Organisation', { exact: true }).fill('Example University')
  await page.getByLabel('Role').selectOption('controller')
  await page.getByLabel('Address').fill('1 Example Street (made up)')
  page.meantToFail = true
  await page.getByRole('button', { name: /Save and stay/ }).click()
  await page.getByRole('alert').waitFor()
  await check(page, 'application-parties-error')
  await page.getByRole('link', { name: /Use: must be/ }).click()
  page.meantToFail = false
  await page.getByLabel('Use', { exact: true }).first().selectOption('both')
  await page.getByRole('button', { name: /Save and stay/ }).click()
  await page.getByText('Saved.').waitFor()
  await check(page, 'application-parties-saved')

  await page.goto(`${site}${application}/lines`)
  await page.getByLabel('Dataset').fill('Hospital Episode Statistics Outpatients')
  await page.getByRole('button', { name: 'Add the line' }).click()
  await page.getByRole('heading', { name: /Dataset line 1/ }).waitFor()
  await check(page, 'application-line')
  await page.getByLabel('APPTDATE').check()
  await page.getByLabel('Type of data').selectOption('pseudonymised')
  await page.getByRole('button', { name: /All dataset lines/ }).click()
  await page.getByText('Fields: 1').waitFor()
  await check(page, 'application-lines-one')

  await page.goto(`${site}${application}/support`)
  await page.getByLabel('Add a document').setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear all (made up)') })
  await page.getByRole('button', { name: 'Add the document' }).click()
  await page.getByRole('link', { name: 'letter.txt' }).waitFor()
  await check(page, 'application-support-document')
  assert.deepEqual(wrong, [])
  await close()
})

test('two editors do not overwrite each other', async () => {
  const one = await visitor('Ann Applicant')
  const two = await visitor('Olu Officer')
  for (const { page } of [one, two]) await page.goto(`${site}${application}/purpose`)
  await one.page.getByLabel('Funder').fill('A charity (made up)')
  await one.page.getByRole('button', { name: /Save and stay/ }).click()
  await one.page.getByText('Saved.').waitFor()
  two.page.meantToFail = true
  await two.page.getByLabel('Funder').fill('A council (made up)')
  await two.page.getByRole('button', { name: /Save and stay/ }).click()
  await two.page.getByRole('alert').waitFor()
  await check(two.page, 'application-conflict')
  assert.match(await two.page.locator('main').innerText(), /Saved by somebody else meanwhile:\s+A charity/)
  assert.equal(await two.page.getByLabel('Funder').inputValue(), 'A council (made up)')
  await two.page.getByRole('button', { name: /Save and stay/ }).click()
  await two.page.getByText('Saved.').waitFor()
  for (const { wrong, close } of [one, two]) { assert.deepEqual(wrong, []); await close() }
})

test('a session that ends loses no typing', async () => {
  const { page, context, wrong, close } = await visitor('Ann Applicant')
  await page.goto(`${site}${application}/term`)
  await page.getByLabel('Afterwards').fill('Everything is destroyed.\n<b>Certified.</b>')
  await context.clearCookies()
  page.meantToFail = true
  await page.getByRole('button', { name: /Save and stay/ }).click()
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
  await check(page, 'session-lost')
  const opening = context.waitForEvent('page')
  await page.getByRole('link', { name: /Sign in, in a new tab/ }).click()
  const tab = await opening
  await choose(tab, 'Ann Applicant')
  await tab.close()
  await page.getByRole('button', { name: 'Send it again' }).click()
  await page.getByText('Saved.').waitFor()
  assert.equal(await page.getByLabel('Afterwards').inputValue(), 'Everything is destroyed.\n<b>Certified.</b>')
  assert.deepEqual(wrong, [])
  await close()
})

test('a small screen', async () => {
  const { page, wrong, close } = await visitor('Ann Applicant', mobile)
  await check(page, 'applications-mobile')
  for (const step of ['', '/purpose', '/parties', '/lines', '/lines/1', '/support', '/flows', '/term', '/check', '/sign']) {
    await page.goto(`${site}${application}${step}`)
    await check(page, `application${step.replaceAll('/', '-')}-mobile`)
  }
  assert.deepEqual(wrong, [])
  await close()
})

test('precedents, and the signature', async () => {
  const { page, wrong, close } = await visitor('Sam Signatory')
  await page.goto(`${site}/applications/precedents?q=HES+waiting+s261(2)(b)(ii)`)
  await page.getByRole('heading', { name: '1 agreement' }).waitFor()
  await check(page, 'precedents')
  await page.goto(`${site}/applications`)
  await page.locator(`a[href="${issued}/sign"]`).click()
  await check(page, 'application-to-sign')
  await page.getByRole('button', { name: /Sign for Example University/ }).click()
  await page.getByText(/as controller: signed/).waitFor()
  await check(page, 'application-signed')
  assert.deepEqual(wrong, [])
  await close()
})
