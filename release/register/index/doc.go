// Package index holds the codes of every entry of the register in memory, in
// columns, and answers searches over them: exact totals, exact counts of every
// facet, pages by key, what stands, and all of it at any size of the register.
//
// Why a projection in memory is right here. The register is append-only and
// numbered without gaps, so that an entry's place in the columns is its number
// less one, and adding the entries with higher numbers brings the projection up
// to date: there is nothing to invalidate, and the position is the size itself.
// The register at an earlier size ("as of") is a prefix. Counting a facet in
// SQL reads every entry once for each search; here it is the population count
// of a bitmap, 81 kB for 650,000 entries. Nothing is lost with the process: all
// of it is rebuilt from the published tables at start (see BenchmarkAdd for
// what that costs, without the database's part). No texts and no names are
// held, so that erasing one needs no word with the index.
//
// What can change about an entry is whether it stands, and that by a later
// entry only. The rule is register.Standing; here its results are kept in the
// order in which they came, so that a reader of an earlier size sees those up
// to it.
//
// An [Index] has one writer at a time and any number of readers. A reader takes
// a [View], which never changes: columns are appended to beyond its end only,
// and what is computed about a size is computed once.
package index
