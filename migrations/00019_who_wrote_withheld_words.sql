-- +goose Up

-- modify "withheld_texts" table
ALTER TABLE "withheld_texts" ADD COLUMN "written_by" uuid NULL;
