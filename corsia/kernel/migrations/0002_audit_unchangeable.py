"""The audit trail and the facts can be added to, never changed or deleted, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION kernel_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('corsia.may_rewrite', true) = 'on' THEN
        RETURN COALESCE(NEW, OLD);  -- erasure with a recorded reason, see docs/operations.md
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER kernel_auditentry_unchangeable BEFORE UPDATE OR DELETE ON kernel_auditentry
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER kernel_auditseal_unchangeable BEFORE UPDATE OR DELETE ON kernel_auditseal
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER kernel_factrecord_unchangeable BEFORE UPDATE OR DELETE ON kernel_factrecord
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
ALTER TABLE kernel_usecount SET UNLOGGED;
"""
BACKWARD = """
ALTER TABLE kernel_usecount SET LOGGED;
DROP TRIGGER kernel_factrecord_unchangeable ON kernel_factrecord;
DROP TRIGGER kernel_auditseal_unchangeable ON kernel_auditseal;
DROP TRIGGER kernel_auditentry_unchangeable ON kernel_auditentry;
DROP FUNCTION kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
