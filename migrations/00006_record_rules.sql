-- +goose Up

-- Which records are never changed, which keep their history, and who may do
-- what. A test fails for a table that stands in neither list.

-- Acts and published records: added once, never changed.
SELECT append_only(name::regclass) FROM unnest(ARRAY[
    'decisions', 'downloads', 'editions', 'entries', 'entry_texts', 'events', 'hold_lifts', 'reviews', 'signatures',
    'source_rows'
]) AS names (name);

-- Everything else keeps its old rows.
SELECT keep_history(name::regclass) FROM unnest(ARRAY[
    'agreement_version_sites', 'agreement_versions', 'agreements', 'approvals', 'conditions', 'dataset_alias',
    'dataset_lines', 'datasets', 'extract_plans', 'extracts', 'files', 'holds', 'lake_parts', 'memberships',
    'opt_out_lists', 'organisation_alias', 'organisations', 'parties', 'persons', 'recipient_keys', 'releases',
    'sites', 'submissions'
]) AS names (name);

-- serve reads and writes the records of people's work. It sees the lake's
-- catalogue but cannot write it, and it deletes nothing.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO registrar_serve;
REVOKE SELECT ON river_leader, river_migration, river_notification FROM registrar_serve;
GRANT INSERT ON
    decisions, downloads, editions, entries, entry_texts, events, hold_lifts, reviews, signatures, source_rows,
    ledger_leaf, ledger_hash,
    agreement_version_sites, agreement_versions, agreements, approvals, conditions, dataset_alias, dataset_lines,
    datasets, extract_plans, extracts, files, holds, memberships, organisation_alias, organisations, parties, persons,
    recipient_keys, releases, sites
    TO registrar_serve;
GRANT UPDATE ON
    agreement_versions, agreements, approvals, conditions, dataset_alias, dataset_lines, datasets, extract_plans,
    extracts, files, holds, memberships, organisation_alias, organisations, parties, persons, recipient_keys, releases,
    sites
    TO registrar_serve;

-- Both workers read what the gate asks about and what a run needs: no person,
-- no session, no download, no history, nothing of the register.
GRANT SELECT ON
    agreement_version_sites, agreement_versions, agreements, approvals, conditions, dataset_alias, dataset_lines,
    datasets, extract_plans, extracts, hold_lifts, holds, lake_parts, opt_out_lists, organisations, parties,
    recipient_keys, reviews, signatures, sites, submissions
    TO registrar_linking, registrar_extracting;
GRANT UPDATE (state, progress, failure) ON extracts TO registrar_linking, registrar_extracting;
GRANT INSERT, SELECT (id) ON events TO registrar_linking, registrar_extracting;

-- The linking worker lands feeds in the catalogue and asks the gate as it
-- starts a run.
GRANT INSERT ON submissions, lake_parts, opt_out_lists TO registrar_linking;
GRANT INSERT, SELECT (id) ON decisions TO registrar_linking;
GRANT UPDATE (superseded_at) ON lake_parts TO registrar_linking;

-- The extracting worker records what a run made.
GRANT UPDATE (result, manifest, recipient_manifest) ON extract_plans TO registrar_extracting;

-- Checkpoints are signed where the machine keys are.
GRANT SELECT ON ledger_leaf, ledger_hash TO registrar_linking, registrar_extracting;
GRANT SELECT, INSERT ON ledger_checkpoint TO registrar_linking, registrar_extracting;

-- Approval freezes a version: from then on only its state moves. The digest of
-- the terms is set by approval, so that its presence says "frozen".
-- +goose StatementBegin
CREATE FUNCTION version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moves CONSTANT text[] := ARRAY['state', 'issued_at', 'valid_from'];
BEGIN
    IF OLD.terms_sha256 <> '' AND (TG_OP = 'DELETE' OR to_jsonb(OLD) - moves <> to_jsonb(NEW) - moves) THEN
        RAISE EXCEPTION '% of an approved version is refused: its terms are frozen', TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
-- +goose StatementEnd
CREATE TRIGGER agreement_versions_frozen BEFORE UPDATE OR DELETE ON agreement_versions
    FOR EACH ROW EXECUTE FUNCTION version_frozen();

-- The first argument is the column that names the version, the others are
-- columns that may still move.
-- +goose StatementBegin
CREATE FUNCTION version_part_frozen() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    moves text[] := TG_ARGV[1:] || ARRAY['valid_from'];
    versions uuid[] := ARRAY[(to_jsonb(OLD) ->> TG_ARGV[0])::uuid, (to_jsonb(NEW) ->> TG_ARGV[0])::uuid];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - moves = to_jsonb(NEW) - moves THEN
        RETURN NEW;
    END IF;
    -- The lock makes an approval at the same time wait, or waits for it.
    IF (SELECT bool_or(frozen) FROM (
            SELECT terms_sha256 <> '' AS frozen FROM agreement_versions WHERE id = ANY (versions) FOR SHARE
        ) AS locked) THEN
        RAISE EXCEPTION '% of % is refused: the terms of its version are frozen', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
-- +goose StatementEnd
CREATE TRIGGER dataset_lines_frozen BEFORE INSERT OR UPDATE OR DELETE ON dataset_lines
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_lines');
CREATE TRIGGER parties_frozen BEFORE INSERT OR UPDATE OR DELETE ON parties
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_parties');
CREATE TRIGGER approvals_frozen BEFORE INSERT OR UPDATE OR DELETE ON approvals
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_approvals');
CREATE TRIGGER conditions_frozen BEFORE INSERT OR UPDATE OR DELETE ON conditions
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_conditions', 'met_at', 'evidence');
CREATE TRIGGER agreement_version_sites_frozen BEFORE INSERT OR UPDATE OR DELETE ON agreement_version_sites
    FOR EACH ROW EXECUTE FUNCTION version_part_frozen('agreement_version_id');
