-- +goose Up

-- modify "successions" table
ALTER TABLE "successions" ADD COLUMN "entry" bigint NULL;
-- create index "succession_entry" to table: "successions"
CREATE INDEX "succession_entry" ON "successions" ("entry");
-- create "succession_withdrawals" table
CREATE TABLE "succession_withdrawals" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "entry" bigint NOT NULL,
    "succession_withdrawal" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "succession_withdrawals_successions_withdrawal" FOREIGN KEY ("succession_withdrawal") REFERENCES "successions" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "succession_withdrawals_succession_withdrawal_key" to table: "succession_withdrawals"
CREATE UNIQUE INDEX "succession_withdrawals_succession_withdrawal_key" ON "succession_withdrawals" ("succession_withdrawal");

SELECT append_only('succession_withdrawals');
GRANT SELECT, INSERT ON succession_withdrawals TO registrar_serve;
GRANT SELECT ON succession_withdrawals TO registrar_linking, registrar_extracting;
