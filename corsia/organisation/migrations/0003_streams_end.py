"""Whoever loses or gains a right, a password, a session or a place in the tree loses the open stream, by whatever door.

The web processes hear it (`kernel.live.ENDS`); a session is named by its digest, because its key would be the session.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION organisation_streams_of_person_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := COALESCE(to_jsonb(NEW), to_jsonb(OLD));
BEGIN
    PERFORM pg_notify('corsia_live', jsonb_build_object('event', 'live.ends', 'person', changed -> TG_ARGV[0])::text);
    RETURN NULL;
END $$;

CREATE FUNCTION organisation_streams_of_session_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('corsia_live', jsonb_build_object(
        'event', 'live.ends', 'session', encode(sha256(convert_to(OLD.session_key, 'UTF8')), 'hex'))::text);
    RETURN NULL;
END $$;

CREATE FUNCTION organisation_streams_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('corsia_live', '{"event": "live.ends", "everybody": true}');
    RETURN NULL;
END $$;

CREATE TRIGGER organisation_membership_streams_end
    AFTER INSERT OR UPDATE OR DELETE ON organisation_membership
    FOR EACH ROW EXECUTE FUNCTION organisation_streams_of_person_end('person_id');

CREATE TRIGGER organisation_person_streams_end
    AFTER UPDATE ON organisation_person
    FOR EACH ROW WHEN ((OLD.password, OLD.is_active) IS DISTINCT FROM (NEW.password, NEW.is_active))
    EXECUTE FUNCTION organisation_streams_of_person_end('id');

CREATE TRIGGER organisation_person_gone_streams_end
    AFTER DELETE ON organisation_person
    FOR EACH ROW EXECUTE FUNCTION organisation_streams_of_person_end('id');

-- Signed out, here or by somebody else. Cleaning up sessions that have expired tells nobody anything.
CREATE TRIGGER organisation_session_streams_end
    AFTER DELETE ON django_session
    FOR EACH ROW WHEN (OLD.expire_date > now())
    EXECUTE FUNCTION organisation_streams_of_session_end();

-- A moved unit changes what the people above its old and its new place see.
CREATE TRIGGER organisation_unit_moved_streams_end
    AFTER UPDATE ON organisation_unit
    FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
    EXECUTE FUNCTION organisation_streams_end();

CREATE TRIGGER organisation_unit_streams_end
    AFTER INSERT OR DELETE ON organisation_unit
    FOR EACH STATEMENT EXECUTE FUNCTION organisation_streams_end();
"""
BACKWARD = """
DROP FUNCTION organisation_streams_of_person_end() CASCADE;
DROP FUNCTION organisation_streams_of_session_end() CASCADE;
DROP FUNCTION organisation_streams_end() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0002_tree_version"), ("sessions", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
