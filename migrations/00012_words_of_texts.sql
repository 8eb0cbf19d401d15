-- +goose Up

-- The words of the long texts of entries, for the public search. They are read
-- after the texts were committed (release.IndexTexts): to find the words of a
-- statement of purposes takes several times as long as to write it, so an
-- import does not wait for it. It follows from entry_texts and may be made anew
-- at any time. A text that is erased takes its words with it.
CREATE TABLE text_words (
    id    bigint   NOT NULL,
    entry bigint   NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT text_words_pkey PRIMARY KEY (id),
    CONSTRAINT text_words_of_a_text FOREIGN KEY (id) REFERENCES entry_texts (id) ON DELETE CASCADE
) WITH (toast_tuple_target = 128);
-- The words stand beside the table, which is then small: to find the entries of
-- a common word reads a few thousand pages of it, not all of the words.
ALTER TABLE text_words ALTER COLUMN words SET STORAGE EXTERNAL;
CREATE INDEX text_words_words ON text_words USING gin (words);

GRANT SELECT, INSERT ON text_words TO registrar_serve;
