-- +goose Up

-- The words of titles and objectives stand in text_words with those of the
-- other texts, and are searched there. To find them while a text is written
-- took a quarter of the time of an import.
DROP INDEX entry_texts_words;
