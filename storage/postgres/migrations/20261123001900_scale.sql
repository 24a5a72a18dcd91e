-- +goose Up
-- +goose StatementBegin

-- What a list of people looks up person by person. The exclusion constraints
-- answer the same from GiST, many times slower.
CREATE INDEX memberships_person_id_idx ON memberships (person_id) INCLUDE (unit_id, tree, period);
CREATE INDEX stage_facts_person_id_idx ON stage_facts (person_id) INCLUDE (stage, period);
CREATE INDEX rank_facts_person_id_idx ON rank_facts (person_id);
CREATE INDEX status_facts_person_id_idx ON status_facts (person_id);
CREATE INDEX post_facts_person_id_idx ON post_facts (person_id);

-- Who is below a unit, from the index alone.
DROP INDEX memberships_unit_id_idx;
CREATE INDEX memberships_unit_id_idx ON memberships (unit_id, person_id) INCLUDE (period);

-- Who is at a stage on a day: today's are the ones that end last. Counting reads
-- the index alone.
DROP INDEX stage_facts_stage_idx;
CREATE INDEX stage_facts_stage_idx ON stage_facts (stage, coalesce(upper(period), 'infinity'::date)) INCLUDE (person_id, period);

-- How many periods hold a day, which nothing else tells the planner.
CREATE STATISTICS memberships_period ON (lower(period)), (coalesce(upper(period), 'infinity'::date)) FROM memberships;
CREATE STATISTICS stage_facts_period ON (lower(period)), (coalesce(upper(period), 'infinity'::date)) FROM stage_facts;
CREATE STATISTICS status_facts_period ON (lower(period)), (coalesce(upper(period), 'infinity'::date)) FROM status_facts;

-- The order of the list, with what most filters ask of the person himself.
DROP INDEX people_pinyin_id_idx;
CREATE INDEX people_pinyin_id_idx ON people (pinyin, id) INCLUDE (kind, merged_into);

-- name_grams are the pairs of neighbouring characters of a name and its single
-- characters but the first, without the dot of a name: what is searched for by a
-- part is found by its own. Who begins with a character stands together in the
-- order of the list, and has an index in that order.
CREATE FUNCTION name_grams(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
  SELECT coalesce(array_agg(DISTINCT substr(n, i, size)), '{}')
  FROM replace(name, '·', '') n, generate_series(1, char_length(n)) i, generate_series(1, 2) size
  WHERE i + size - 1 <= char_length(n) AND (i > 1 OR size > 1)
$$;
CREATE INDEX people_name_grams_idx ON people USING gin (name_grams(name));
CREATE INDEX people_surname_idx ON people (left(replace(name, '·', ''), 1), pinyin, id);

-- What letters begin, in the order of the list, from the index alone.
DROP INDEX people_initials_idx;
CREATE INDEX people_initials_idx ON people (initials text_pattern_ops) INCLUDE (pinyin, id, merged_into);
-- +goose StatementEnd
