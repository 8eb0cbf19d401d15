// Builds web/static/dist, which the binary embeds: the stylesheet (NHS.UK
// frontend without its fonts, then ours), the few images it names, and our mark.
// Run by `npm run build`. The same inputs give the same bytes.
import { mkdir, readFile, rm, writeFile, copyFile, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ownFont, withoutSourceMap, localImages, refuseRemote } from './stylesheet.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, 'src')
const target = join(here, 'dist')
const frontend = join(here, '../../node_modules/nhsuk-frontend/dist/nhsuk')

const nhsuk = localImages(ownFont(withoutSourceMap(await readFile(join(frontend, 'nhsuk-frontend.min.css'), 'utf8'))))
const own = await readFile(join(source, 'registrar.css'), 'utf8')
const stylesheet = refuseRemote(`${nhsuk.css}\n${own}`)

// README is committed, so that `go build` has something to embed; all else in
// dist is ours to replace.
await mkdir(target, { recursive: true })
for (const name of await readdir(target)) {
  if (name !== 'README') await rm(join(target, name), { recursive: true })
}
await mkdir(join(target, 'images'))
await writeFile(join(target, 'registrar.css'), stylesheet)
await copyFile(join(source, 'mark.svg'), join(target, 'mark.svg'))
await copyFile(join(source, 'NOTICE'), join(target, 'NOTICE'))
for (const name of nhsuk.images) {
  await copyFile(join(frontend, 'assets/images', name), join(target, 'images', name))
}
console.log(`web/static/dist: registrar.css ${(stylesheet.length / 1024).toFixed(0)} KB, ${nhsuk.images.length} images`)
