-- Waltrail's helpers for applications: who did it and why, told inside the
-- transaction, so that it travels in the same log as the rows.
--
-- Run as an owner of the database; may be run again at any time. The helpers
-- write no table. All run with the rights of the caller.

CREATE SCHEMA IF NOT EXISTS trail;
COMMENT ON SCHEMA trail IS 'Waltrail: context of changes for the audit trail';
GRANT USAGE ON SCHEMA trail TO PUBLIC;

-- The version of this file; `waltrail setup` replaces older ones.
CREATE OR REPLACE FUNCTION trail.version() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'SELECT 1';

-- Merges b over a. Of two objects under user, origin and origin.run the members
-- are merged; anything else is replaced.
CREATE OR REPLACE FUNCTION trail.merge_context(a jsonb, b jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    merged jsonb := a || b;
    place text[];
BEGIN
    FOREACH place SLICE 1 IN ARRAY ARRAY[ARRAY['user', NULL], ARRAY['origin', NULL], ARRAY['origin', 'run']] LOOP
        place := array_remove(place, NULL);
        IF jsonb_typeof(a #> place) = 'object' AND jsonb_typeof(b #> place) = 'object' THEN
            merged := jsonb_set(merged, place, (a #> place) || (b #> place));
        END IF;
    END LOOP;
    RETURN merged;
END
$$;

-- Says who acts, and why, for the changes that follow in this transaction:
--   SELECT trail.set_context('{"user": {"id": "187234", "name": "Jane Doe"}, "reason": "Season price list"}');
-- A later call merges over the earlier ones. A default for all transactions of
-- a session: SET trail.context = '{...}' and one call per transaction with '{}'.
CREATE OR REPLACE FUNCTION trail.set_context(context jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    so_far jsonb := '{}';
    merged jsonb;
BEGIN
    IF context IS NULL THEN
        RETURN;
    END IF;
    IF jsonb_typeof(context) <> 'object' THEN
        RAISE EXCEPTION 'trail.set_context: want a JSON object, got %', jsonb_typeof(context)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- What is in the setting may come from anywhere: it must never fail a transaction.
    BEGIN
        so_far := nullif(current_setting('trail.context', true), '')::jsonb;
    EXCEPTION WHEN OTHERS THEN
        so_far := NULL;
    END;
    IF so_far IS NULL OR jsonb_typeof(so_far) <> 'object' THEN
        so_far := '{}';
    END IF;
    merged := trail.merge_context(so_far, context);
    PERFORM set_config('trail.context', merged::text, true);
    PERFORM pg_logical_emit_message(true, 'waltrail', merged::text);
END
$$;

-- Records something that is no row change: a payment, a call, a reassignment.
-- html is shown in the timeline, after sanitising; data is kept as it is.
CREATE OR REPLACE FUNCTION trail.log_event(
    entity text, id text, kind text,
    title text DEFAULT NULL, html text DEFAULT NULL, data jsonb DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    event jsonb := jsonb_strip_nulls(jsonb_build_object(
        'entity', entity, 'id', id, 'kind', kind, 'title', title, 'html', html));
BEGIN
    IF entity IS NULL OR id IS NULL OR kind IS NULL THEN
        RAISE EXCEPTION 'trail.log_event: entity, id and kind are required'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF data IS NOT NULL THEN -- its own nulls stay
        event := event || jsonb_build_object('data', data);
    END IF;
    PERFORM pg_logical_emit_message(true, 'waltrail.event', event::text);
END
$$;

-- Records a mail, or a new status of one: queued, sent, delivered, opened, bounced.
CREATE OR REPLACE FUNCTION trail.log_email(
    entity text, id text, message_id text,
    subject text DEFAULT NULL, recipient text DEFAULT NULL, status text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF entity IS NULL OR id IS NULL OR message_id IS NULL THEN
        RAISE EXCEPTION 'trail.log_email: entity, id and message_id are required'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM pg_logical_emit_message(true, 'waltrail.email', jsonb_strip_nulls(jsonb_build_object(
        'entity', entity, 'id', id, 'message_id', message_id,
        'subject', subject, 'recipient', recipient, 'status', status))::text);
END
$$;

-- The trigger function of trail.attribute. The mark is local to the transaction
-- and, like the message, undone by a rollback to a savepoint.
CREATE OR REPLACE FUNCTION trail.emit_attribution() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF coalesce(current_setting('trail.attributed', true), '') = '' THEN
        PERFORM set_config('trail.attributed', 'yes', true);
        PERFORM pg_logical_emit_message(true, 'waltrail.attribute', jsonb_strip_nulls(jsonb_build_object(
            'role', session_user,
            'effective_role', nullif(current_user, session_user),
            'application', nullif(current_setting('application_name'), ''),
            'client_addr', host(inet_client_addr())))::text);
    END IF;
    RETURN NULL;
END
$$;

-- Lets plain SQL be attributed too: from now on each transaction that writes
-- the table tells, once, its database role, application name and client address.
--   SELECT trail.attribute('public.contacts');
-- Run as the owner of the table; undo with DROP TRIGGER waltrail_attribute.
CREATE OR REPLACE FUNCTION trail.attribute(target regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER waltrail_attribute BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
        'FOR EACH STATEMENT EXECUTE FUNCTION trail.emit_attribution()', target);
END
$$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA trail TO PUBLIC;
