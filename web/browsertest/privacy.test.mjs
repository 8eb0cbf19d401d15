// Texts that are withheld until a person has looked at them: the team's list,
// one decision and a decision about a class; and a version whose text is
// cleared before its approval.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'

import { accessible, desktop, launch, mobile, open, reflows, screenshot, site } from './browser.mjs'

let browser
before(async () => { browser = await launch() })
after(async () => { await browser?.close() })

async function as (who, options = desktop) {
  const opened = await open(browser, options)
  await opened.context.setExtraHTTPHeaders({ Who: who })
  return opened
}

async function check (page, name) {
  await accessible(page, name)
  await reflows(page, name)
  await screenshot(page, name)
}

test('a text is published, and a class of texts', async () => {
  const guardian = await as('Cal Guardian')
  const { page } = guardian
  await page.goto(`${site}/team`)
  await page.getByRole('link', { name: /^Withheld texts \(\d+\)$/ }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Withheld texts' }).waitFor()
  assert.ok(await page.locator('mark').count() > 0)
  await check(page, 'privacy-list')

  const before = await page.getByRole('checkbox').count()
  await page.getByRole('checkbox').first().focus()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Decide about those chosen' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: /Decide about withheld texts/ }).waitFor()
  await check(page, 'privacy-decide')
  page.meantToFail = true
  await page.getByRole('button', { name: 'Decide' }).press('Enter')
  await page.getByRole('alert').waitFor()
  await check(page, 'privacy-decide-refused')
  page.meantToFail = false
  await page.getByLabel('Publish').check()
  await page.getByLabel('Why').fill('It is public since 2021 (made up).')
  await page.getByRole('button', { name: 'Decide' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Withheld texts' }).waitFor()
  assert.equal(await page.getByRole('checkbox').count(), before - 1)

  await page.getByRole('link', { name: /^Decide about \d+ with: small count of persons/ }).press('Enter')
  await page.getByRole('heading', { level: 1, name: /Decide about a class/ }).waitFor()
  await check(page, 'privacy-class')
  await page.getByLabel('Publish').check()
  await page.getByLabel('Why').fill('It is public since 2021 (made up).')
  await page.getByRole('button', { name: /^Decide about all/ }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Withheld texts' }).waitFor()
  await page.getByLabel('State').selectOption('published')
  await page.getByRole('button', { name: 'Show' }).press('Enter')
  await page.getByText('It is public since 2021 (made up).').first().waitFor()
  await check(page, 'privacy-published')
  assert.deepEqual(guardian.wrong, [])
  await guardian.close()
})

test('the list works at the width of a phone', async () => {
  const guardian = await as('Cal Guardian', mobile)
  await guardian.page.goto(`${site}/team/privacy`)
  await check(guardian.page, 'privacy-list-mobile')
  assert.deepEqual(guardian.wrong, [])
  await guardian.close()
})

test('a text of a version is cleared before its approval', async () => {
  const officer = await as('Olu Officer')
  const { page } = officer
  await page.goto(`${site}/team/versions/${process.env.VERSION}`)
  await page.getByText('Holds up approval').waitFor()
  await check(page, 'privacy-version')
  const form = page.locator('details[id="clear-objective"]')
  await form.locator('summary').focus()
  await page.keyboard.press('Enter')
  await form.getByLabel('Why it may be published').fill('She asked to be named (made up).')
  await form.getByRole('button').press('Enter')
  await page.getByText(/It may be published\. Olu Officer/).waitFor()
  await check(page, 'privacy-version-cleared')
  assert.deepEqual(officer.wrong, [])
  await officer.close()
})
