// The team's cases: the queue, all agreements, and a version from its review to
// its approval by forms, with the keyboard.
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

// opened opens a form by the keyboard and gives it.
async function opened (page, id) {
  const form = page.locator(`details[id="${id}"]`)
  await form.locator('summary').focus()
  await page.keyboard.press('Enter')
  assert.equal(await form.getAttribute('open'), '')
  return form
}

test('a case goes from the queue to its approval', async () => {
  const officer = await as('Olu Officer')
  const { page } = officer
  await page.goto(`${site}/team`)
  await check(page, 'team-queue')
  await page.getByLabel('Words').fill('waiting times')
  await page.keyboard.press('Enter')
  await page.waitForURL(/q=waiting/)
  assert.equal(await page.getByLabel('Words').inputValue(), 'waiting times')
  await page.locator('tbody a').first().click()
  await check(page, 'team-version-submitted')
  const version = page.url()
  await page.getByRole('button', { name: 'Take up' }).press('Enter')
  await page.getByText('Review it').waitFor()

  const reviewer = await as('Rita Reviewer')
  await reviewer.page.goto(version)
  const form = await opened(reviewer.page, 'review')
  await form.getByLabel('By precedent').check()
  await form.getByLabel('Recommend approval').check()
  await form.getByLabel('Advice').fill('Sound, and of use to those who wait.')
  await check(reviewer.page, 'team-review')
  reviewer.page.meantToFail = true
  await form.getByRole('button', { name: 'Record the review' }).click()
  await reviewer.page.getByRole('alert').waitFor()
  assert.equal(await reviewer.page.locator('details[id="review"] textarea').first().inputValue(), 'Sound, and of use to those who wait.')
  await check(reviewer.page, 'team-review-refused')
  await reviewer.page.getByRole('alert').getByRole('link', { name: /^Precedent/ }).click()
  await reviewer.page.locator('details[id="review"]').getByLabel('Full review').check()
  await reviewer.page.getByRole('button', { name: 'Record the review' }).click()
  await reviewer.page.getByText('Approve or decline it').waitFor()

  const approver = await as('Abel Approver')
  await approver.page.goto(version)
  await opened(approver.page, 'approve')
  await check(approver.page, 'team-version-recommended')
  await approver.page.getByRole('button', { name: 'Approve these terms' }).click()
  await approver.page.getByText('Over the terms of digest').waitFor()

  await page.goto(version)
  await page.getByRole('link', { name: /^NIC-/ }).first().click()
  await check(page, 'team-agreement')
  await page.goto(`${site}/team/agreements?q=69431`)
  await page.getByRole('link', { name: 'NIC-69431-K1K8R' }).waitFor()
  await check(page, 'team-agreements')
  for (const one of [officer, reviewer, approver]) {
    assert.deepEqual(one.wrong, [])
    await one.close()
  }
})

test('it all fits on a small screen', async () => {
  const { page, wrong, close } = await as('Olu Officer', mobile)
  await page.goto(`${site}/team`)
  await check(page, 'team-queue-320')
  await page.locator('tbody a').first().click()
  await check(page, 'team-version-320')
  await page.goto(`${site}/team/agreements`)
  await check(page, 'team-agreements-320')
  assert.deepEqual(wrong, [])
  await close()
})
