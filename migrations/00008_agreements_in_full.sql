-- +goose Up

-- modify "parties" table
ALTER TABLE "parties" ALTER COLUMN "places" DROP DEFAULT, ALTER COLUMN "places" DROP NOT NULL, ALTER COLUMN "places" TYPE jsonb USING
    CASE WHEN places = '' THEN NULL ELSE jsonb_build_array(jsonb_build_object('use', 'both', 'address', places, 'territory', 'not_recorded')) END,
    DROP COLUMN "invoice_validation_environment", ADD COLUMN "processing_contract" character varying NOT NULL DEFAULT '', ADD COLUMN "holds_identifiers" text NOT NULL DEFAULT '';
-- modify "approvals" table
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_territory" CHECK (territory IN ('england_wales', 'uk', 'eea', 'worldwide', 'not_recorded')), ADD COLUMN "scope" text NOT NULL DEFAULT '', ADD COLUMN "conditions" text NOT NULL DEFAULT '', ADD COLUMN "controllers" jsonb NULL, ADD COLUMN "processors" jsonb NULL, ADD COLUMN "ethics_reference" character varying NOT NULL DEFAULT '', ADD COLUMN "annual_review" date NULL, ADD COLUMN "territory" character varying NOT NULL DEFAULT 'england_wales';
-- modify "conditions" table
ALTER TABLE "conditions" ADD COLUMN "number" bigint NOT NULL DEFAULT 0, ADD COLUMN "owners" jsonb NULL, ADD COLUMN "due_words" character varying NOT NULL DEFAULT '', ADD COLUMN "page" character varying NOT NULL DEFAULT '', ADD COLUMN "met_by" uuid NULL;
-- modify "dataset_lines" table
ALTER TABLE "dataset_lines" ADD COLUMN "linkage" text NOT NULL DEFAULT '', ADD COLUMN "linked_with" jsonb NULL, ADD COLUMN "depends_on" character varying NOT NULL DEFAULT '', ADD COLUMN "cohort" character varying NOT NULL DEFAULT '', ADD COLUMN "study_id" boolean NOT NULL DEFAULT false, ADD COLUMN "final_data" boolean NOT NULL DEFAULT false, ADD COLUMN "recipient_function" character varying NOT NULL DEFAULT '', ADD COLUMN "commercial" character varying NOT NULL DEFAULT '';
-- create "templates" table
CREATE TABLE "templates" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "name" character varying NOT NULL,
    "description" text NOT NULL DEFAULT '',
    "answers" jsonb NOT NULL,
    PRIMARY KEY ("id")
);
-- create index "templates_name_key" to table: "templates"
CREATE UNIQUE INDEX "templates_name_key" ON "templates" ("name");
-- create "duty_digests" table
CREATE TABLE "duty_digests" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "person_id" uuid NOT NULL,
    "on" date NOT NULL,
    "duties" bigint NOT NULL,
    PRIMARY KEY ("id")
);
-- create index "dutydigest_person_id_on" to table: "duty_digests"
CREATE UNIQUE INDEX "dutydigest_person_id_on" ON "duty_digests" ("person_id", "on");
-- modify "memberships" table
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_basis" CHECK (basis IN ('employee', 'honorary', 'contractor')), ADD COLUMN "basis" character varying NOT NULL DEFAULT 'employee', ADD COLUMN "contract_reference" character varying NOT NULL DEFAULT '', ADD COLUMN "contract_to" date NULL;
-- A territory in words becomes its code; what is no known word is kept in the provenance.
ALTER TABLE "agreement_versions" DISABLE TRIGGER "agreement_versions_frozen";
UPDATE "agreement_versions" SET
    "provenance" = CASE WHEN "territory" IN ('', 'England', 'England and Wales', 'UK', 'United Kingdom', 'EEA', 'Worldwide') THEN "provenance"
        ELSE concat_ws('; ', NULLIF("provenance", ''), 'territory as written: ' || "territory") END,
    "territory" = CASE "territory" WHEN 'England' THEN 'england_wales' WHEN 'England and Wales' THEN 'england_wales' WHEN 'UK' THEN 'uk'
        WHEN 'United Kingdom' THEN 'uk' WHEN 'EEA' THEN 'eea' WHEN 'Worldwide' THEN 'worldwide' ELSE 'not_recorded' END;
ALTER TABLE "agreement_versions" ENABLE TRIGGER "agreement_versions_frozen";
-- modify "agreement_versions" table
ALTER TABLE "agreement_versions" ADD CONSTRAINT "agreement_versions_review_route" CHECK (review_route IN ('full', 'precedent', 'extension', 'urgent')), ADD CONSTRAINT "agreement_versions_territory" CHECK (territory IN ('england_wales', 'uk', 'eea', 'worldwide', 'not_recorded')), ALTER COLUMN "territory" SET DEFAULT 'not_recorded', ADD COLUMN "article26" text NOT NULL DEFAULT '', ADD COLUMN "legitimate_interest" text NOT NULL DEFAULT '', ADD COLUMN "sublicensing_terms" text NOT NULL DEFAULT '', ADD COLUMN "commercial_purpose" text NOT NULL DEFAULT '', ADD COLUMN "retention" text NOT NULL DEFAULT '', ADD COLUMN "funder" character varying NOT NULL DEFAULT '', ADD COLUMN "privacy_notice" character varying NOT NULL DEFAULT '', ADD COLUMN "dpia_reference" character varying NOT NULL DEFAULT '', ADD COLUMN "ethics_reference" character varying NOT NULL DEFAULT '', ADD COLUMN "predecessor_id" uuid NULL, ADD COLUMN "change_reason" text NOT NULL DEFAULT '', ADD COLUMN "instrument" character varying NOT NULL DEFAULT '', ADD COLUMN "revisions" jsonb NULL, ADD COLUMN "review_route" character varying NULL, ADD COLUMN "owner_id" uuid NULL, ADD COLUMN "against_advice" text NOT NULL DEFAULT '', ADD COLUMN "ended_at" timestamptz NULL, ADD COLUMN "ended_by" uuid NULL, ADD COLUMN "end_reason" text NOT NULL DEFAULT '';
-- create index "agreementversion_owner_id" to table: "agreement_versions"
CREATE INDEX "agreementversion_owner_id" ON "agreement_versions" ("owner_id");
-- create index "agreementversion_state" to table: "agreement_versions"
CREATE INDEX "agreementversion_state" ON "agreement_versions" ("state");
-- modify "organisation_alias" table
ALTER TABLE "organisation_alias" ADD COLUMN "from" date NULL, ADD COLUMN "to" date NULL;
-- modify "reviews" table
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_route" CHECK (route IN ('full', 'precedent', 'extension', 'urgent')), ADD COLUMN "adviser" character varying NOT NULL DEFAULT '', ADD COLUMN "precedent" character varying NOT NULL DEFAULT '', ADD COLUMN "checklist" jsonb NULL, ADD COLUMN "review_due" date NULL;
-- create "attachments" table
CREATE TABLE "attachments" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "step" character varying NOT NULL,
    "name" character varying NOT NULL,
    "media_type" character varying NOT NULL,
    "size" bigint NOT NULL,
    "sha256" character varying NOT NULL,
    "uploaded_by" uuid NOT NULL,
    "replaces_id" uuid NULL,
    "withdrawn_at" timestamptz NULL,
    "agreement_version_attachments" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "attachments_agreement_versions_attachments" FOREIGN KEY ("agreement_version_attachments") REFERENCES "agreement_versions" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create "cohort_versions" table
CREATE TABLE "cohort_versions" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "name" character varying NOT NULL,
    "number" bigint NOT NULL,
    "supplier" character varying NOT NULL,
    "as_of" date NOT NULL,
    "people" bigint NOT NULL,
    "destroy_by" date NULL,
    "agreement_cohorts" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "cohort_versions_agreements_cohorts" FOREIGN KEY ("agreement_cohorts") REFERENCES "agreements" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create index "cohortversion_name_number_agreement_cohorts" to table: "cohort_versions"
CREATE UNIQUE INDEX "cohortversion_name_number_agreement_cohorts" ON "cohort_versions" ("name", "number", "agreement_cohorts");
-- create "cohort_withdrawals" table
CREATE TABLE "cohort_withdrawals" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "name" character varying NOT NULL,
    "on" date NOT NULL,
    "people" bigint NOT NULL,
    "agreement_withdrawals" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "cohort_withdrawals_agreements_withdrawals" FOREIGN KEY ("agreement_withdrawals") REFERENCES "agreements" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create "consent_materials" table
CREATE TABLE "consent_materials" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "title" character varying NOT NULL,
    "form_version" character varying NOT NULL DEFAULT '',
    "cohort" character varying NOT NULL,
    "used_from" date NULL,
    "used_to" date NULL,
    "outcome" character varying NOT NULL DEFAULT 'not_reviewed',
    "reviewed_on" date NULL,
    "finding" text NOT NULL DEFAULT '',
    "agreement_version_consent_materials" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "consent_materials_agreement_versions_consent_materials" FOREIGN KEY ("agreement_version_consent_materials") REFERENCES "agreement_versions" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
    CONSTRAINT "consent_materials_outcome" CHECK (outcome IN ('not_reviewed', 'compatible', 'compatible_with_notice', 'not_compatible'))
);
-- create "data_flows" table
CREATE TABLE "data_flows" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "number" bigint NOT NULL,
    "state" character varying NOT NULL,
    "flow" jsonb NOT NULL,
    "agreement_version_flows" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "data_flows_agreement_versions_flows" FOREIGN KEY ("agreement_version_flows") REFERENCES "agreement_versions" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
    CONSTRAINT "data_flows_state" CHECK (state IN ('previous', 'stopped', 'current', 'proposed'))
);
-- create index "dataflow_number_agreement_version_flows" to table: "data_flows"
CREATE UNIQUE INDEX "dataflow_number_agreement_version_flows" ON "data_flows" ("number", "agreement_version_flows");
-- create "derogations" table
CREATE TABLE "derogations" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "rule" character varying NOT NULL,
    "line" bigint NOT NULL DEFAULT 0,
    "reason" text NOT NULL DEFAULT '',
    "starts" date NOT NULL,
    "ends" date NOT NULL,
    "given_by" uuid NOT NULL,
    "confirmed_by" uuid NULL,
    "confirmed_at" timestamptz NULL,
    "revoked_at" timestamptz NULL,
    "agreement_derogations" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "derogations_agreements_derogations" FOREIGN KEY ("agreement_derogations") REFERENCES "agreements" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- modify "organisations" table
ALTER TABLE "organisations" ADD COLUMN "ico_number" character varying NOT NULL DEFAULT '', ADD COLUMN "ico_to" date NULL, ADD COLUMN "ico_exemption" character varying NOT NULL DEFAULT '', ADD COLUMN "accreditations" jsonb NULL, ADD COLUMN "opened" date NULL, ADD COLUMN "closed" date NULL;
-- create "incidents" table
CREATE TABLE "incidents" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "kind" character varying NOT NULL,
    "status" character varying NOT NULL,
    "line" bigint NOT NULL DEFAULT 0,
    "description" text NOT NULL DEFAULT '',
    "finding" text NOT NULL DEFAULT '',
    "aware_at" timestamptz NOT NULL,
    "reported_at" timestamptz NULL,
    "opened_by" uuid NOT NULL,
    "agreement_incidents" uuid NULL,
    "organisation_incidents" uuid NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "incidents_agreements_incidents" FOREIGN KEY ("agreement_incidents") REFERENCES "agreements" ("id") ON UPDATE NO ACTION ON DELETE SET NULL,
    CONSTRAINT "incidents_organisations_incidents" FOREIGN KEY ("organisation_incidents") REFERENCES "organisations" ("id") ON UPDATE NO ACTION ON DELETE SET NULL,
    CONSTRAINT "incident_of_one" CHECK (num_nonnulls(agreement_incidents, organisation_incidents) = 1),
    CONSTRAINT "incidents_kind" CHECK (kind IN ('agreement_breach', 'personal_data_breach')),
    CONSTRAINT "incidents_status" CHECK (status IN ('suspected', 'confirmed', 'not_a_breach'))
);
-- modify "holds" table
ALTER TABLE "holds" DROP CONSTRAINT "holds_agreements_holds", ADD CONSTRAINT "hold_of_one" CHECK (num_nonnulls(agreement_holds, organisation_holds) = 1), ALTER COLUMN "agreement_holds" DROP NOT NULL, ADD COLUMN "line" bigint NOT NULL DEFAULT 0, ADD COLUMN "incident_holds" uuid NULL, ADD COLUMN "organisation_holds" uuid NULL, ADD
CONSTRAINT "holds_agreements_holds" FOREIGN KEY ("agreement_holds") REFERENCES "agreements" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, ADD
CONSTRAINT "holds_incidents_holds" FOREIGN KEY ("incident_holds") REFERENCES "incidents" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, ADD
CONSTRAINT "holds_organisations_holds" FOREIGN KEY ("organisation_holds") REFERENCES "organisations" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- create "licences" table
CREATE TABLE "licences" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "system" character varying NOT NULL,
    "holder" character varying NOT NULL,
    "kind" character varying NOT NULL,
    "used" bigint NULL,
    "planned" bigint NULL,
    "planned_words" character varying NOT NULL DEFAULT '',
    "other_access" text NOT NULL DEFAULT '',
    "agreement_version_licences" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "licences_agreement_versions_licences" FOREIGN KEY ("agreement_version_licences") REFERENCES "agreement_versions" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
    CONSTRAINT "licences_kind" CHECK (kind IN ('ordinary', 'super_user'))
);
-- create index "licence_system_holder_kind_agreement_version_licences" to table: "licences"
CREATE UNIQUE INDEX "licence_system_holder_kind_agreement_version_licences" ON "licences" ("system", "holder", "kind", "agreement_version_licences");
-- create "stages" table
CREATE TABLE "stages" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "state" character varying NOT NULL,
    "at" timestamptz NOT NULL,
    "person_id" uuid NULL,
    "note" text NOT NULL DEFAULT '',
    "agreement_version_stages" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "stages_agreement_versions_stages" FOREIGN KEY ("agreement_version_stages") REFERENCES "agreement_versions" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
    CONSTRAINT "stages_state" CHECK (state IN ('draft', 'submitted', 'in_review', 'returned', 'recommended', 'deferred', 'not_recommended', 'approved', 'declined', 'issued', 'signed', 'withdrawn', 'superseded', 'terminated', 'closed', 'recorded'))
);
-- create index "stage_at_agreement_version_stages" to table: "stages"
CREATE INDEX "stage_at_agreement_version_stages" ON "stages" ("at", "agreement_version_stages");
-- create "sub_licences" table
CREATE TABLE "sub_licences" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "sub_licensee" character varying NOT NULL,
    "purpose" text NOT NULL DEFAULT '',
    "starts" date NOT NULL,
    "ends" date NOT NULL,
    "agreement_version_sub_licences" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "sub_licences_agreement_versions_sub_licences" FOREIGN KEY ("agreement_version_sub_licences") REFERENCES "agreement_versions" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);
-- create "successions" table
CREATE TABLE "successions" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "kind" character varying NOT NULL,
    "on" date NOT NULL,
    "instrument" character varying NOT NULL DEFAULT '',
    "reason" text NOT NULL DEFAULT '',
    "agreement_id" uuid NULL,
    "organisation_successors" uuid NOT NULL,
    "organisation_predecessors" uuid NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "successions_organisations_predecessors" FOREIGN KEY ("organisation_predecessors") REFERENCES "organisations" ("id") ON UPDATE NO ACTION ON DELETE SET NULL,
    CONSTRAINT "successions_organisations_successors" FOREIGN KEY ("organisation_successors") REFERENCES "organisations" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION,
    CONSTRAINT "successions_kind" CHECK (kind IN ('rename', 'statutory_transfer', 'merger', 'novation', 'dissolution'))
);
-- create index "succession_agreement_id" to table: "successions"
CREATE INDEX "succession_agreement_id" ON "successions" ("agreement_id");
-- create "warning_acceptances" table
CREATE TABLE "warning_acceptances" (
    "id" uuid NOT NULL,
    "created_at" timestamptz NOT NULL,
    "rule" character varying NOT NULL,
    "line" bigint NOT NULL,
    "evidence" text NOT NULL,
    "reason" text NOT NULL,
    "person_id" uuid NOT NULL,
    "extract_accepted" uuid NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "warning_acceptances_extracts_accepted" FOREIGN KEY ("extract_accepted") REFERENCES "extracts" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION
);

-- Acts: added once, never changed.
SELECT append_only(name::regclass) FROM unnest(ARRAY[
    'cohort_versions', 'cohort_withdrawals', 'duty_digests', 'stages', 'successions', 'warning_acceptances'
]) AS names (name);

-- Everything else keeps its old rows.
SELECT keep_history(name::regclass) FROM unnest(ARRAY[
    'attachments', 'consent_materials', 'data_flows', 'derogations', 'incidents', 'licences', 'sub_licences', 'templates'
]) AS names (name);

GRANT SELECT, INSERT ON
    attachments, cohort_versions, cohort_withdrawals, consent_materials, data_flows, derogations, duty_digests, incidents,
    licences, stages, sub_licences, successions, templates, warning_acceptances
    TO registrar_serve;
GRANT UPDATE ON attachments, consent_materials, data_flows, derogations, incidents, licences, sub_licences, templates
    TO registrar_serve;

-- A step of the form that is saved again replaces its rows. History keeps the
-- old ones, and those of a frozen version cannot go: the triggers refuse it.
GRANT DELETE ON
    agreement_version_sites, approvals, conditions, consent_materials, data_flows, dataset_lines, licences, parties, sub_licences
    TO registrar_serve;

-- The workers ask the gate too.
GRANT SELECT ON
    cohort_versions, cohort_withdrawals, consent_materials, data_flows, derogations, incidents, licences, releases,
    sub_licences, successions, warning_acceptances
    TO registrar_linking, registrar_extracting;

-- What moves after approval: the state, who has the case, and the end.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moves CONSTANT text[] := ARRAY['state', 'issued_at', 'owner_id', 'ended_at', 'ended_by', 'end_reason', 'valid_from'];
BEGIN
    IF OLD.terms_sha256 <> '' AND (TG_OP = 'DELETE' OR to_jsonb(OLD) - moves <> to_jsonb(NEW) - moves) THEN
        RAISE EXCEPTION '% of an approved version is refused: its terms are frozen', TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
-- +goose StatementEnd

DROP TRIGGER conditions_frozen ON conditions;
CREATE TRIGGER conditions_frozen BEFORE INSERT OR UPDATE OR DELETE ON conditions
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_conditions', 'met_at', 'met_by', 'evidence');
CREATE TRIGGER consent_materials_frozen BEFORE INSERT OR UPDATE OR DELETE ON consent_materials
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_consent_materials');
CREATE TRIGGER data_flows_frozen BEFORE INSERT OR UPDATE OR DELETE ON data_flows
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_flows');
CREATE TRIGGER licences_frozen BEFORE INSERT OR UPDATE OR DELETE ON licences
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_licences', 'used');
CREATE TRIGGER sub_licences_frozen BEFORE INSERT OR UPDATE OR DELETE ON sub_licences
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_sub_licences');
