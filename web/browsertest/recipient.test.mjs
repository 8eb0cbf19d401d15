// The way of a recipient: sign in, see what waits, read what it is for, confirm
// it, download; a stranger and somebody without a role, who get nothing; and
// the team, who see why the gate decided as it did.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import { accessible, desktop, launch, mobile, open, reflows, screenshot, site } from './browser.mjs'

const { REGISTRAR_ISSUER: issuer, REGISTRAR_FILE: file, REGISTRAR_SAVED: saved, REGISTRAR_DIGEST: digest } = process.env
for (const [name, value] of Object.entries({ issuer, file, saved, digest })) assert.ok(value, `${name} is not given`)

let browser
before(async () => { browser = await launch() })
after(async () => { await browser?.close() })

// visitor is a browser that may also go to the issuer.
async function visitor (options = desktop) {
  const opened = await open(browser, options)
  opened.page.otherSites = [issuer]
  return opened
}

// choose presses a demonstration user's button.
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

for (const [size, options] of Object.entries({ desktop, mobile })) {
  describe(`the recipient's way (${size})`, () => {
    test('from nobody to an opened file, and out again', async () => {
      const { page, context, wrong, close } = await visitor(options)
      await page.goto(site)
      assert.deepEqual(await context.cookies(), [], 'the public gets no cookie')

      // A page of one's own leads to the log-in, and back to itself.
      await page.goto(site + file)
      await page.waitForURL(`${issuer}/login**`)
      await check(page, `login-${size}`)
      await choose(page, 'Rob Recipient')
      assert.equal(new URL(page.url()).pathname, file)
      assert.equal(new URL(page.url()).search, '', 'nothing of the log-in stays in the address')

      await page.goto(site)
      await page.getByRole('link', { name: 'Your files' }).click()
      await check(page, `recipient-home-${size}`)
      await page.locator(`a[href="${file}"]`).click()
      await check(page, `recipient-file-${size}`)

      // The first visit confirms; it holds for the second size.
      if (await page.getByRole('checkbox').count() > 0) {
        assert.equal(await page.getByRole('link', { name: 'Download the file' }).count(), 0, 'not before the purpose is confirmed')
        page.meantToFail = true
        await page.getByRole('button', { name: 'Continue' }).click()
        await page.getByRole('alert').waitFor()
        await check(page, `recipient-file-error-${size}`)
        assert.match(await page.title(), /^Error: /)
        page.meantToFail = false
        await page.getByRole('link', { name: /Confirm that you have read/ }).click()
        await page.getByRole('checkbox').check()
        await page.getByRole('button', { name: 'Continue' }).click()
      }
      await page.getByRole('link', { name: 'Download the file' }).waitFor()
      await check(page, `recipient-file-ready-${size}`)
      const waiting = page.waitForEvent('download')
      await page.getByRole('link', { name: 'Download the file' }).click()
      const download = await waiting
      await download.saveAs(saved)
      assert.equal(await download.failure(), null)
      assert.match(download.suggestedFilename(), /\.csv\.age$/)
      assert.equal(createHash('sha256').update(await readFile(saved)).digest('hex'), digest)
      const main = await page.locator('main').innerText()
      assert.match(main, new RegExp(digest), 'the page shows the digest of what came')
      assert.match(main, /age -d -i KEY -o /)

      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'You have signed out' }).waitFor()
      await check(page, `signed-out-${size}`)
      await page.goto(site + file)
      assert.equal(new URL(page.url()).origin, new URL(issuer).origin, 'signed out means out')
      assert.deepEqual(wrong, [])
      await close()
    })
  })
}

test('keys can be looked at and added to', async () => {
  const { page, wrong, close } = await visitor()
  await page.goto(`${site}/recipient/keys`)
  await choose(page, 'Rob Recipient')
  await check(page, 'recipient-keys')
  page.meantToFail = true
  await page.getByLabel('Public key').fill('AGE-SECRET-KEY-NONE')
  await page.getByRole('button', { name: 'Add the key' }).click()
  await page.getByRole('alert').waitFor()
  await check(page, 'recipient-keys-error')
  assert.equal(await page.getByLabel('Public key').inputValue(), '', 'what was sent is not shown again')
  assert.deepEqual(wrong, [])
  await close()
})

test('a stranger is refused without learning whether the file exists', async () => {
  const { page, wrong, close } = await visitor()
  page.meantToFail = true
  await page.goto(site + file)
  await choose(page, 'Stan Stranger')
  const theirs = await page.locator('main').innerText()
  assert.match(theirs, /There is no such file for you/)
  await check(page, 'recipient-stranger')
  await page.goto(site + file.slice(0, -1) + (file.endsWith('0') ? '1' : '0'))
  assert.equal(await page.locator('main').innerText(), theirs)
  const content = await page.request.get(`${site}${file}/content`)
  assert.equal(content.status(), 404)
  assert.deepEqual(wrong, [])
  await close()
})

test('somebody without a role is told so', async () => {
  const { page, wrong, close } = await visitor()
  page.meantToFail = true
  await page.goto(`${site}/login`)
  await choose(page, 'Nora Nobody')
  assert.match(await page.locator('main').innerText(), /nobody has given you a role/)
  await check(page, 'no-role')
  assert.deepEqual(wrong, [])
  await close()
})

test('the team sees its extracts and what the gate found', async () => {
  const { page, wrong, close } = await visitor()
  await page.goto(`${site}/login`)
  await choose(page, 'Olu Officer')
  assert.equal(new URL(page.url()).pathname, '/team')
  await page.goto(`${site}/team/extracts?state=all`)
  await page.locator('a[href^="/team/extracts/"]').first().click()
  await page.getByRole('heading', { name: 'What the gate found' }).waitFor()
  await check(page, 'team-extract')
  assert.deepEqual(wrong, [])
  await close()
})
