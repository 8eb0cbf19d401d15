// What is done to NHS.UK frontend's stylesheet before it is ours. Each step
// throws when it finds not what it expects, so that an upgrade cannot bring a
// font or a request to another host unseen.

// ownFont removes the two Frutiger faces, which are licensed to the NHS alone
// and fetched from assets.nhs.uk, and leaves Arial.
export function ownFont (css) {
  const faces = css.match(/@font-face\{[^}]*\}/g) ?? []
  if (faces.length !== 2 || !faces.every((face) => face.includes('Frutiger'))) {
    throw new Error(`expected two Frutiger @font-face rules, found ${faces.length}`)
  }
  const stripped = css.replace(/@font-face\{[^}]*\}/g, '').replaceAll('Frutiger W01,arial,', 'arial,')
  if (/frutiger/i.test(stripped)) throw new Error('Frutiger is still named in the stylesheet')
  return stripped
}

export function withoutSourceMap (css) {
  return css.replace(/\/\*# sourceMappingURL=[^*]*\*\//g, '').trimEnd()
}

// localImages turns addresses under /assets/images into ones beside the
// stylesheet, and lists the images so named.
export function localImages (css) {
  const images = new Set()
  const rewritten = css.replace(/url\(\/assets\/images\/([a-z0-9-]+\.svg)\)/g, (_, name) => {
    images.add(name)
    return `url(images/${name})`
  })
  return { css: rewritten, images: [...images].sort() }
}

// refuseRemote lets only addresses beside the stylesheet through.
export function refuseRemote (css) {
  const far = [...css.matchAll(/url\(\s*['"]?([^)'"]+)/g)].map((found) => found[1]).filter((url) => !url.startsWith('images/'))
  if (far.length > 0) throw new Error(`the stylesheet asks for ${far.join(', ')}`)
  if (/@import/.test(css)) throw new Error('the stylesheet imports another')
  return css
}
