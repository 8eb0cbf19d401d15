-- +goose Up

-- The words of the published long texts, for the public search (release,
-- published_search.go, which asks by the same expression). A text's words go
-- with its row when it is erased. Names and ids are searched by any part of
-- them and need no words. What is beyond the first 250,000 characters is not
-- found: PostgreSQL takes no more than a megabyte of words for one text.
CREATE INDEX entry_texts_words ON entry_texts USING gin (to_tsvector('english', left(text, 250000)))
    WHERE field NOT IN ('organisation', 'organisation_id', 'organisation_type', 'dataset', 'as_published');
