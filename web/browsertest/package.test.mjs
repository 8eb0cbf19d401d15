// The register's data package read by a library of others: every field is
// described, every line has them all, and the numbers have no gap.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import frictionless from 'frictionless.js'

test('frictionless.js reads the data package', async () => {
  const dataset = await frictionless.Dataset.load(process.env.PACKAGE)
  assert.equal(dataset.descriptor.profile, 'tabular-data-package')
  assert.equal(dataset.resources.length, 1)
  const [entries] = dataset.resources
  const fields = entries.descriptor.schema.fields.map((field) => field.name)
  const rows = []
  for await (const row of await entries.rows({ keyed: true })) rows.push(row)
  assert.equal(rows.length, Number(process.env.ENTRIES))
  for (const [i, row] of rows.entries()) {
    assert.equal(Number(row.number), i + 1)
    assert.deepEqual(Object.keys(row), fields)
  }
})
