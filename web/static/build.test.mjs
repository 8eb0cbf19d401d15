import { test } from 'node:test'
import assert from 'node:assert/strict'

import { ownFont, withoutSourceMap, localImages, refuseRemote } from './stylesheet.mjs'

const face = (weight) => `@font-face{font-family:Frutiger W01;font-weight:${weight};src:url(https://assets.nhs.uk/f.woff2)}`

test('the Frutiger faces go and Arial stays', () => {
  assert.equal(ownFont(`${face(400)}${face(600)}body{font-family:Frutiger W01,arial,sans-serif}`), 'body{font-family:arial,sans-serif}')
})

test('another number of faces, another font, or a name left over is an error', () => {
  assert.throws(() => ownFont(face(400)), /found 1/)
  assert.throws(() => ownFont(`${face(400)}${face(600)}${face(700)}`), /found 3/)
  assert.throws(() => ownFont(`${face(400)}@font-face{font-family:Other}`), /found 2/)
  assert.throws(() => ownFont(`${face(400)}${face(600)}h1{font-family:"Frutiger"}`), /still named/)
})

test('images are named beside the stylesheet, once each', () => {
  const { css, images } = localImages('a{b:url(/assets/images/y.svg)}c{b:url(/assets/images/x.svg)}d{b:url(/assets/images/y.svg)}')
  assert.equal(css, 'a{b:url(images/y.svg)}c{b:url(images/x.svg)}d{b:url(images/y.svg)}')
  assert.deepEqual(images, ['x.svg', 'y.svg'])
})

test('no address leads elsewhere', () => {
  assert.equal(refuseRemote('a{b:url(images/x.svg)}'), 'a{b:url(images/x.svg)}')
  for (const css of ['a{b:url(https://x.test/y)}', 'a{b:url("//x.test/y")}', 'a{b:url(/assets/y.svg)}', '@import "x";']) {
    assert.throws(() => refuseRemote(css))
  }
})

test('the source map is not named', () => {
  assert.equal(withoutSourceMap('a{}\n/*# sourceMappingURL=x.css.map */\n'), 'a{}')
})
