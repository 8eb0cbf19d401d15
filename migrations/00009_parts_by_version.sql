-- +goose Up

-- create index "agreementversion_agreement_versions" to table: "agreement_versions"
CREATE INDEX "agreementversion_agreement_versions" ON "agreement_versions" ("agreement_versions");
-- create index "approval_agreement_version_approvals" to table: "approvals"
CREATE INDEX "approval_agreement_version_approvals" ON "approvals" ("agreement_version_approvals");
-- create index "attachment_agreement_version_attachments" to table: "attachments"
CREATE INDEX "attachment_agreement_version_attachments" ON "attachments" ("agreement_version_attachments");
-- create index "condition_agreement_version_conditions" to table: "conditions"
CREATE INDEX "condition_agreement_version_conditions" ON "conditions" ("agreement_version_conditions");
-- create index "consentmaterial_agreement_version_consent_materials" to table: "consent_materials"
CREATE INDEX "consentmaterial_agreement_version_consent_materials" ON "consent_materials" ("agreement_version_consent_materials");
-- create index "dataflow_agreement_version_flows" to table: "data_flows"
CREATE INDEX "dataflow_agreement_version_flows" ON "data_flows" ("agreement_version_flows");
-- create index "datasetline_agreement_version_lines" to table: "dataset_lines"
CREATE INDEX "datasetline_agreement_version_lines" ON "dataset_lines" ("agreement_version_lines");
-- create index "licence_agreement_version_licences" to table: "licences"
CREATE INDEX "licence_agreement_version_licences" ON "licences" ("agreement_version_licences");
-- create index "party_agreement_version_parties" to table: "parties"
CREATE INDEX "party_agreement_version_parties" ON "parties" ("agreement_version_parties");
-- create index "review_agreement_version_reviews" to table: "reviews"
CREATE INDEX "review_agreement_version_reviews" ON "reviews" ("agreement_version_reviews");
-- create index "signature_agreement_version_signatures" to table: "signatures"
CREATE INDEX "signature_agreement_version_signatures" ON "signatures" ("agreement_version_signatures");
-- create index "stage_agreement_version_stages" to table: "stages"
CREATE INDEX "stage_agreement_version_stages" ON "stages" ("agreement_version_stages");
-- create index "sublicence_agreement_version_sub_licences" to table: "sub_licences"
CREATE INDEX "sublicence_agreement_version_sub_licences" ON "sub_licences" ("agreement_version_sub_licences");
