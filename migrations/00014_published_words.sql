-- +goose Up

-- Words of registers that other bodies published: Public Health England's
-- "Anonymised", "Anonymised (k3)" and "Direct Care", HDR UK's "Anonymous", and
-- "Not applicable" as an answer about opt-outs.

ALTER TABLE "dataset_lines" DROP CONSTRAINT "dataset_lines_type_of_data", ADD CONSTRAINT "dataset_lines_type_of_data" CHECK (type_of_data IN ('identifiable', 'pseudonymised', 'aggregate_suppressed', 'aggregate_unsuppressed', 'anonymised', 'anonymised_k3', 'not_recorded'));
ALTER TABLE "dataset_lines" DROP CONSTRAINT "dataset_lines_route", ADD CONSTRAINT "dataset_lines_route" CHECK (route IN ('none', 'consent', 'section_251', 'statutory_exemption', 'copi_3', 'court_order', 'public_interest', 'direct_care', 'not_recorded'));
ALTER TABLE "dataset_lines" DROP CONSTRAINT "dataset_lines_opt_out", ADD CONSTRAINT "dataset_lines_opt_out" CHECK (opt_out IN ('applied', 'not_identifiable', 'statutory_exemption', 'deaths_local_authority', 'consent', 'phe_exemption', 'births', 'staff_list', 'phe_memorandum', 'cag_exemption', 'not_applicable_dataset', 'not_applicable', 'no_reason', 'not_recorded'));
ALTER TABLE "entries" DROP CONSTRAINT "entries_type_of_data", ADD CONSTRAINT "entries_type_of_data" CHECK (type_of_data IN ('identifiable', 'pseudonymised', 'aggregate_suppressed', 'aggregate_unsuppressed', 'anonymised', 'anonymised_k3', 'not_recorded'));
ALTER TABLE "entries" DROP CONSTRAINT "entries_opt_out", ADD CONSTRAINT "entries_opt_out" CHECK (opt_out IN ('applied', 'not_identifiable', 'statutory_exemption', 'deaths_local_authority', 'consent', 'phe_exemption', 'births', 'staff_list', 'phe_memorandum', 'cag_exemption', 'not_applicable_dataset', 'not_applicable', 'no_reason', 'not_recorded'));
