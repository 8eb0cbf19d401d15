-- +goose Up

-- The words of titles and objectives, for the public search (release,
-- published_search.go, which asks by the same expression). A text's words go
-- with its row when it is erased. Names and ids are searched by any part of
-- them and need no words; the other long texts would double the time of an
-- import. What is beyond the first 250,000 characters is not found: PostgreSQL
-- takes no more than a megabyte of words for one text.
CREATE INDEX entry_texts_words ON entry_texts USING gin (to_tsvector('english', left(text, 250000)))
    WHERE field IN ('title', 'objective');
