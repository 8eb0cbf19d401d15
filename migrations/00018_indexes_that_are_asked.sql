-- +goose Up

-- What a register of 600,000 is asked: the texts of an entry, the rows of an
-- edition, the entries of one. The indexes that began with something else were
-- of no use for that, and the tables were read from end to end.
CREATE UNIQUE INDEX "entrytext_entry_texts_field" ON "entry_texts" ("entry_texts", "field");
DROP INDEX "entrytext_field_entry_texts";
CREATE UNIQUE INDEX "sourcerow_edition_source_rows_sheet_index_line" ON "source_rows" ("edition_source_rows", "sheet_index", "line");
DROP INDEX "sourcerow_sheet_line_edition_source_rows";
CREATE INDEX "entry_edition_entries" ON "entries" ("edition_entries");
DROP INDEX "entry_source_id_edition_entries";
