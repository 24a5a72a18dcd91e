-- +goose Up
-- How many people there are, and of each kind: an index of seven bytes a person,
-- where the others that could be counted have sixty.
CREATE INDEX people_kind_idx ON people (kind) WHERE merged_into IS NULL;
