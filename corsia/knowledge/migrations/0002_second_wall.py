"""Row security on articles and what belongs to them; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [
        protect("knowledge_article", is_shared=True),
        protect_through("knowledge_articleversion", column="article_id", parent="knowledge_article"),
        protect_through("knowledge_articletext", column="version_id", parent="knowledge_articleversion"),
        protect_through("knowledge_articlefile", column="article_id", parent="knowledge_article"),
        protect("knowledge_searchtext", is_shared=True),
        protect("knowledge_missedsearch"),
    ]
