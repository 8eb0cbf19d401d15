-- +goose Up

-- modify "derogations" table
ALTER TABLE "derogations" ADD COLUMN "datasets" jsonb NULL;
-- modify "holds" table
ALTER TABLE "holds" ADD COLUMN "datasets" jsonb NULL;
-- modify "incidents" table
ALTER TABLE "incidents" ADD COLUMN "datasets" jsonb NULL;
-- modify "reviews" table
ALTER TABLE "reviews" ADD COLUMN "terms_sha256" character varying NOT NULL DEFAULT '';
