// The pages by which the team imports editions and puts the register right, by
// keyboard, at the widths of a desk and of a phone, and as they are refused.
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

async function refused (page, button, name) {
  page.meantToFail = true
  await page.getByRole('button', { name: button }).press('Enter')
  await page.getByRole('alert').waitFor()
  await check(page, name)
  page.meantToFail = false
}

test('an edition is tried and imported, and its names are asked about', async () => {
  const officer = await as('Olu Officer')
  const { page } = officer
  await page.goto(`${site}/team/register`)
  await check(page, 'register-imports')
  await page.getByRole('link', { name: 'Try an edition' }).press('Enter')
  await refused(page, 'Report what an import would do', 'register-try-refused')
  await page.getByLabel('File').setInputFiles(process.env.EDITION)
  await page.getByLabel('First day that it covers').fill('2024-02-01')
  await page.getByLabel('Last day, included').fill('2024-02-29')
  await page.getByLabel('Whose register it is').fill('Made-up Custodian')
  await page.getByRole('button', { name: 'Report what an import would do' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: /What an import would do/ }).waitFor()
  await check(page, 'register-report')
  await page.getByRole('button', { name: 'Import it' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: /Edition/ }).waitFor()
  await check(page, 'register-imported')
  await page.goto(`${site}/team/register/matches`)
  await check(page, 'register-matches')
  await page.getByRole('link', { name: /^Decide/ }).first().press('Enter')
  await page.getByRole('heading', { level: 1, name: /Are these two names one/ }).waitFor()
  await refused(page, 'Decide', 'register-match-refused')
  await page.getByLabel('Two', { exact: true }).check()
  await page.getByLabel('Why').fill('They are two (made up).')
  await page.getByRole('button', { name: 'Decide' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Names that look alike' }).waitFor()
  assert.deepEqual(officer.wrong, [])
  await officer.close()
})

test('an entry is corrected, another withdrawn, a text erased', async () => {
  const officer = await as('Olu Officer')
  const { page } = officer
  await page.goto(`${site}/team/entries?about=700`)
  await check(page, 'entries')
  await page.goto(`${site}/team/entries/700/correct`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await check(page, 'entries-correct')
  await refused(page, 'Enter the correction', 'entries-correct-refused')
  await page.getByLabel('Patient opt-outs', { exact: true }).selectOption('consent')
  await page.getByLabel(/^Why/).fill('It was read wrongly (made up).')
  await page.getByRole('button', { name: 'Enter the correction' }).press('Enter')
  await page.waitForURL(/\/register\/\d+$/)
  await check(page, 'entries-corrected')
  await page.goto(`${site}/team/entries/701/withdraw`)
  await check(page, 'entries-withdraw')
  await refused(page, 'Withdraw it', 'entries-withdraw-refused')
  await page.getByLabel(/^Why/).fill('It never left (made up).')
  await page.getByRole('button', { name: 'Withdraw it' }).press('Enter')
  await page.waitForURL(/\/register\/\d+$/)
  await page.goto(`${site}/team/entries/datasets`)
  await refused(page, 'Enter it', 'entries-datasets-refused')
  await page.getByLabel('The dataset', { exact: true }).selectOption({ index: 1 })
  await page.getByLabel('The dataset that it is, or that follows it').selectOption({ index: 2 })
  await page.getByLabel('Another collection took its place').check()
  await page.getByLabel('From which day on').fill('2020-04-01')
  await page.getByLabel(/^Why/).fill('The publisher says so (made up).')
  await page.getByRole('button', { name: 'Enter it' }).press('Enter')
  await page.waitForURL(/\/register\/\d+$/)
  await page.goto(`${site}/team/entries/late`)
  await refused(page, 'Enter it', 'entries-late-refused')
  await page.goto(`${site}/team/entries/close`)
  await refused(page, 'Close it', 'entries-close-refused')
  assert.deepEqual(officer.wrong, [])
  await officer.close()

  const guardian = await as('Cal Guardian')
  await guardian.page.goto(`${site}/team/entries/20/erase`)
  await refused(guardian.page, 'Erase for good', 'entries-erase-refused')
  await guardian.page.getByRole('checkbox').first().check()
  await guardian.page.getByLabel('By which law?').fill('UK GDPR, Article 17(1)(d)')
  await guardian.page.getByLabel(/^Why/).fill('The wrong person was named (made up).')
  await guardian.page.getByRole('button', { name: 'Erase for good' }).press('Enter')
  await guardian.page.waitForURL(/\/register\/\d+$/)
  await check(guardian.page, 'entries-erased')
  assert.deepEqual(guardian.wrong, [])
  await guardian.close()
})

test('the pages work at the width of a phone', async () => {
  const officer = await as('Olu Officer', mobile)
  for (const [name, path] of Object.entries({ imports: 'register', try: 'register/try', matches: 'register/matches', entries: 'entries?about=700', correct: 'entries/702/correct', withdraw: 'entries/702/withdraw', late: 'entries/late', datasets: 'entries/datasets', close: 'entries/close' })) {
    await officer.page.goto(`${site}/team/${path}`)
    await check(officer.page, `registering-${name}-mobile`)
  }
  assert.deepEqual(officer.wrong, [])
  await officer.close()
})
