// The team's pages of organisations, people, incidents and take-on: each is
// opened, sent and looked at, as an access officer and as an operator.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'

import { accessible, desktop, launch, mobile, open, reflows, screenshot, site } from './browser.mjs'

const { REGISTRAR_ISSUER: issuer, REGISTRAR_LIST: list } = process.env
for (const [name, value] of Object.entries({ issuer, list })) assert.ok(value, `${name} is not given`)

let browser
before(async () => { browser = await launch() })
after(async () => { await browser?.close() })

async function signedIn (options, path) {
  const opened = await open(browser, options)
  opened.page.otherSites = [issuer]
  await opened.page.goto(site + path)
  await opened.page.waitForURL(`${issuer}/login**`)
  await opened.page.getByRole('button', { name: 'Olu Officer' }).click()
  await opened.page.waitForURL((url) => url.origin === new URL(site).origin)
  return opened
}

async function check (page, name) {
  await accessible(page, name)
  await reflows(page, name)
  await screenshot(page, name)
  assert.equal(await page.locator('h1').count(), 1, `${name}: one heading of the first level`)
}

for (const [size, options] of Object.entries({ desktop, mobile })) {
  describe(`organisations, incidents and take-on (${size})`, () => {
    test('an organisation from the list to its contract', async () => {
      const { page, wrong, close } = await signedIn(options, '/team/organisations')
      await check(page, `team-organisations-${size}`)
      await page.getByLabel('Name, former name or ODS code').fill('example university')
      await page.getByRole('button', { name: 'Show' }).click()
      assert.match(page.url(), /q=example/)
      await page.getByRole('link', { name: 'Example University' }).click()
      await check(page, `team-organisation-${size}`)
      await page.getByRole('link', { name: 'Change Framework contract' }).click()
      page.meantToFail = true
      await page.getByLabel('To', { exact: true }).fill('2020-01-01')
      await page.getByRole('button', { name: 'Save' }).click()
      await check(page, `team-contract-refused-${size}`)
      assert.match(await page.title(), /^Error/)
      await page.getByLabel('To', { exact: true }).fill('2029-12-31')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('31 December 2029').waitFor()
      for (const part of ['identity', 'accreditations', 'succession']) {
        await page.goto(`${site}/team/organisations/example-university/${part}`)
        await check(page, `team-organisation-${part}-${size}`)
      }
      assert.deepEqual(wrong, [])
      await close()
    })

    test('an incident, its finding and its hold', async () => {
      const { page, wrong, close } = await signedIn(options, '/team/incidents/new')
      await check(page, `team-incident-new-${size}`)
      await page.getByLabel('Personal data breach').check()
      await page.getByLabel('Or every agreement of an organisation').selectOption('other-trust')
      await page.getByLabel('Since when the body knows').fill('2026-06-30 10:00')
      await page.getByLabel('What is known').fill('A file was seen elsewhere (made up).')
      await page.getByRole('button', { name: 'Open it and set the hold' }).click()
      await check(page, `team-incident-${size}`)
      await page.getByRole('link', { name: 'Record what it came to' }).click()
      await check(page, `team-incident-finding-${size}`)
      await page.getByLabel('Not a breach').check()
      await page.getByLabel('Finding').fill('It was another file (made up).')
      await page.getByRole('button', { name: 'Record' }).click()
      await page.getByRole('link', { name: 'Suspected personal data breach' }).click()
      await check(page, `team-hold-${size}`)
      await page.getByLabel('Why may it go?').fill('Nothing was found.')
      await page.getByRole('button', { name: 'It may go' }).click()
      await page.getByText('A second person must, too').waitFor()
      await page.goto(site + '/team/incidents')
      await check(page, `team-incidents-${size}`)
      assert.deepEqual(wrong, [])
      await close()
    })

    test('imported agreements are taken on', async () => {
      const { page, wrong, close } = await signedIn(options, '/team/take-on')
      await page.goto(`${site}/team/take-on?q=ccg&state=recorded`)
      await check(page, `team-take-on-${size}`)
      await page.getByRole('checkbox').first().check()
      await page.getByRole('button', { name: 'Take on' }).click()
      await check(page, `team-take-on-chosen-${size}`)
      await page.getByLabel('Reason').fill('Class of CCG agreements')
      await page.getByRole('button', { name: 'Take on' }).click()
      await page.goto(`${site}/team/templates/new`)
      await check(page, `team-template-${size}`)
      await page.getByLabel('Name', { exact: true }).fill(`CCGs ${size}`)
      await page.getByLabel('Title of the agreement').fill('Commissioning data for {organisation}')
      await page.getByRole('button', { name: 'Save the template' }).click()
      await page.goto(`${site}/team/take-on?state=draft`)
      await page.getByRole('checkbox').first().check()
      await page.getByRole('button', { name: 'Apply a template' }).click()
      await page.getByLabel('Template', { exact: true }).selectOption(`CCGs ${size}`)
      await page.getByLabel('Reason').fill('Class of CCG agreements')
      await page.getByRole('button', { name: 'Show what would change' }).click()
      await check(page, `team-template-tried-${size}`)
      await page.getByRole('button', { name: 'Apply', exact: true }).click()
      await page.goto(`${site}/team/evidence`)
      await check(page, `team-evidence-${size}`)
      await page.getByLabel('Organisation Data Service').check()
      await page.getByLabel('Where it was published').fill('ODS, file eccg')
      await page.getByLabel('File', { exact: true }).setInputFiles(list)
      await page.getByRole('button', { name: 'Show what would change' }).click()
      await check(page, `team-evidence-report-${size}`)
      assert.deepEqual(wrong, [])
      await close()
    })

    test('people and roles', async () => {
      const { page, wrong, close } = await signedIn(options, '/team/people')
      await check(page, `team-people-${size}`)
      await page.getByRole('link', { name: 'Give a role' }).click()
      await check(page, `team-people-grant-${size}`)
      assert.deepEqual(wrong, [])
      await close()
    })
  })
}
