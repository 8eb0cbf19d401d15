-- +goose Up

ALTER TABLE "agreement_versions" DROP CONSTRAINT "agreement_versions_kind", ADD CONSTRAINT "agreement_versions_kind" CHECK (kind IN ('new', 'amendment', 'renewal', 'extension', 'transfer', 'correction', 'imported', 'enquiry'));
-- superseded is computed now
UPDATE agreement_versions SET state = 'signed' WHERE state = 'superseded';
ALTER TABLE "agreement_versions" DROP CONSTRAINT "agreement_versions_state", ADD CONSTRAINT "agreement_versions_state" CHECK (state IN ('draft', 'submitted', 'in_review', 'returned', 'recommended', 'deferred', 'not_recommended', 'approved', 'declined', 'issued', 'signed', 'withdrawn', 'terminated', 'closed', 'recorded'));
ALTER TABLE "conditions" DROP CONSTRAINT "conditions_kind", ADD CONSTRAINT "conditions_kind" CHECK (kind IN ('precedent', 'continuing', 'action'));
ALTER TABLE "stages" DROP CONSTRAINT "stages_state", ADD CONSTRAINT "stages_state" CHECK (state IN ('draft', 'submitted', 'in_review', 'returned', 'recommended', 'deferred', 'not_recommended', 'approved', 'declined', 'issued', 'signed', 'withdrawn', 'terminated', 'closed', 'recorded'));
