"""The function of 0002 anew: with markup, replies, and what stands between somebody and their message."""

from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION chat_post_messages(drafts json, wait boolean)
RETURNS TABLE (
    n integer, refused text, room_id bigint, seq bigint, rev bigint, sender text, created timestamptz, repeated boolean -- created: of a repeat
)
LANGUAGE plpgsql
-- Every look-up goes by an index, whatever the statistics were when the plan was made: a plan from the day when the
-- tables were empty would read them whole for as long as its connection lives.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $function$
#variable_conflict use_column
DECLARE
    wanted bigint[];
    senders bigint[];
    locked bigint[];
    held bigint[];
BEGIN
    -- Rooms by ascending id, and only those that one of the senders is in: an outsider locks nothing.
    SELECT array_agg(DISTINCT place.room_id), array_agg(DISTINCT draft.sender) INTO wanted, senders
    FROM json_to_recordset(drafts) AS draft(sender bigint, room text)
    LEFT JOIN chat_room room ON room.public_id = draft.room
    LEFT JOIN chat_membership place
        ON place.room_id = room.id AND place.user_id = draft.sender AND place.state IN ('member', 'request');
    IF wait THEN
        PERFORM 1 FROM chat_room room WHERE room.id = ANY (wanted) ORDER BY room.id FOR NO KEY UPDATE;
        locked := wanted;
    ELSE
        SELECT array_agg(free.id) INTO locked FROM (
            SELECT room.id FROM chat_room room WHERE room.id = ANY (wanted)
            ORDER BY room.id FOR NO KEY UPDATE SKIP LOCKED
        ) free;
    END IF;

    -- Then people by ascending id: a ban changes their row, and so comes wholly before this or wholly after it.
    IF wait THEN
        PERFORM 1 FROM accounts_user person WHERE person.id = ANY (senders) ORDER BY person.id FOR SHARE;
        held := senders;
    ELSE
        SELECT array_agg(free.id) INTO held FROM (
            SELECT person.id FROM accounts_user person WHERE person.id = ANY (senders)
            ORDER BY person.id FOR SHARE SKIP LOCKED
        ) free;
    END IF;

    -- A statement of its own, so that it sees what was true once the locks were held.
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT
            draft.n, draft.sender, draft.id, draft.body, draft.html, draft.reply, draft.forwarded, draft.created,
            person.public_id AS person, room.id AS room_id, room.last_rev,
            earlier.seq AS earlier_seq, earlier.rev AS earlier_rev, earlier.created_at AS earlier_created,
            CASE
                WHEN person.id IS NULL THEN 'SignedOut'
                WHEN (person.id = ANY (held)) IS NOT TRUE THEN 'Busy'
                WHEN NOT person.is_active OR person.access_epoch <> draft.epoch THEN 'SignedOut'
                WHEN earlier.room_id IS DISTINCT FROM room.id AND earlier.id IS NOT NULL THEN 'IdReused'
                -- What a message said before it was edited or removed nobody knows any more: that is believed.
                WHEN earlier.body <> draft.body AND earlier.edited_at IS NULL AND earlier.removed_at IS NULL
                    THEN 'IdReused'
                WHEN earlier.id IS NOT NULL THEN NULL
                WHEN place.id IS NULL THEN 'NotFound'
                WHEN (room.id = ANY (locked)) IS NOT TRUE THEN 'Busy'
                WHEN place.posting NOT IN ('free', 'asking') THEN place.posting::text
                WHEN place.posting = 'asking' AND 3 < (
                    SELECT count(*) FROM chat_message asked
                    WHERE asked.room_id = room.id AND asked.sender_id + 0 = draft.sender AND asked.kind = 'text'
                        AND asked.seq >= (  -- an earlier request, which was declined, isn't counted
                            SELECT max(other.visible_from_seq) FROM chat_membership other
                            WHERE other.room_id = room.id AND other.user_id <> draft.sender
                        )
                ) + (
                    SELECT count(*) FROM json_to_recordset(drafts) AS other(n integer, sender bigint, room text)
                    WHERE other.sender = draft.sender AND other.room = draft.room AND other.n <= draft.n
                ) THEN 'WaitForAnswer'
                WHEN draft.reply IS NOT NULL AND (draft.reply < place.visible_from_seq OR NOT EXISTS (
                    SELECT 1 FROM chat_message answered
                    WHERE answered.room_id = room.id AND answered.seq = draft.reply AND answered.kind = 'text'
                )) THEN 'MessageGone'
            END AS refused
        FROM json_to_recordset(drafts) AS draft(
            n integer, sender bigint, room text, id uuid, body text, html text, reply bigint, forwarded boolean,
            epoch integer, created timestamptz
        )
        LEFT JOIN accounts_user person ON person.id = draft.sender
        LEFT JOIN chat_room room ON room.public_id = draft.room
        LEFT JOIN chat_membership place
            ON place.room_id = room.id AND place.user_id = draft.sender AND place.state IN ('member', 'request')
        -- "+ 0" keeps the planner from looking through all that the sender ever wrote: their own index is the other
        -- choice, and in a table that was empty when the plan was made as good as the right one.
        LEFT JOIN chat_message earlier ON earlier.client_id = draft.id AND earlier.sender_id + 0 = draft.sender
    ), numbered AS (
        SELECT judged.*, judged.last_rev + row_number() OVER (PARTITION BY judged.room_id ORDER BY judged.n) AS place
        FROM judged WHERE judged.refused IS NULL AND judged.earlier_seq IS NULL
    ), written AS (
        INSERT INTO chat_message
            (room_id, seq, rev, sender_id, client_id, body, html, reply_to, forwarded, created_at)
        -- Plain texts come without the rarer keys, as from the release before this one.
        SELECT
            new.room_id, new.place, new.place, new.sender, new.id, new.body, coalesce(new.html, ''), new.reply,
            coalesce(new.forwarded, false), new.created
        FROM numbered new ORDER BY new.n
    ), counted AS (
        UPDATE chat_room room
        SET last_rev = newest.place, last_message_at = newest.created,
            -- Moved once a second at most: while no indexed column changes, the indexes needn't be touched.
            changed_at = CASE
                WHEN room.changed_at < clock_timestamp() - interval '1 second' THEN clock_timestamp()
                ELSE room.changed_at
            END
        FROM (
            SELECT DISTINCT ON (new.room_id) new.room_id, new.place, new.created
            FROM numbered new ORDER BY new.room_id, new.place DESC
        ) newest
        WHERE room.id = newest.room_id
    )
    SELECT
        judged.n, judged.refused, judged.room_id,
        coalesce(numbered.place, judged.earlier_seq), coalesce(numbered.place, judged.earlier_rev),
        judged.person::text, judged.earlier_created, judged.earlier_seq IS NOT NULL
    FROM judged LEFT JOIN numbered ON numbered.n = judged.n
    ORDER BY judged.n;
END
$function$
"""


def on_postgres(sql):
    """An operation that runs `sql` on Postgres and nothing elsewhere."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_archived_seq"), ("accounts", "0001_initial")]
    # Going back keeps this one: it serves the release before as well.
    operations = [migrations.RunPython(on_postgres(CREATE), migrations.RunPython.noop)]
