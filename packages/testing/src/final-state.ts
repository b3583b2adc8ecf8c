import type { Database } from '@heard/bus/log';
import { sql } from 'kysely';

/**
 * What it all came to, without what may differ from run to run (moments, and who of several equals got a case; a shortened clock is compared to the hour,
 * one that waits for the morning not at all):
 * cases with their feedback, clocks, stop list, triage, corpus, what was granted. Two runs over the same input must agree line by line.
 */
export async function finalState(database: Database): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select 'case ' || concat_ws(' ', c.case_id, c.customer_id, c.state, c.priority, c.owner is not null,
             (select string_agg(i.feedback_id::text, ',' order by i.feedback_id) from assignment.case_items i where i.case_id = c.case_id)) as line
      from assignment.cases c
    union all select 'clock ' || concat_ws(' ', clock_id, case_id, kind, cycle, priority, about, state, date_trunc('hour', case when natural_due_at is null then due_at - started_at end)) from sla_timer.clocks
    union all select 'entry ' || concat_ws(' ', customer_id, reason, source, until is null, ended_at is null) from suppression_list.entries
    union all select 'feedback ' || concat_ws(' ', feedback_id, customer_id, revision, segment, priority, rule) from triage.feedback
    union all select 'comment ' || concat_ws(' ', feedback_id, segment, priority, md5(comment), terms::text) from rca.comments
    union all select 'alert ' || concat_ws(' ', alert_id, case_id, level) from assignment.alerts
    union all select 'grant ' || concat_ws(' ', grant_id, case_id, kind, amount_minor, state, authority, decided_by) from assignment.grants
    union all select 'ledger ' || concat_ws(' ', grant_id, account, amount_minor) from assignment.ledger_entries
    order by 1`.execute(database);
  return rows.map((row) => row.line);
}
