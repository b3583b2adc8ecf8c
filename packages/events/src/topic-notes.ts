import type { TopicName } from './registry.ts';

/** What the documents say about each topic. `key`: what stays in order. `outside`: systems that are not Heard's. */
export const topicNotes: Record<TopicName, { says: string; key: string; writtenBy?: string; readBy?: string }> = {
  'heard.inbound.survey-responses': {
    says: 'Survey platforms, desks and shops publish here what customers said.',
    key: 'customerId',
    writtenBy: 'survey systems',
  },
  'heard.inbound.customer-values': {
    says: 'CRM systems publish here what a customer is worth.',
    key: 'customerId',
    writtenBy: 'CRM systems',
  },
  'heard.ingest': { says: 'What was accepted, whatever way it came.', key: 'customerId' },
  'heard.triage': { says: 'What must be done about it, and how urgently.', key: 'customerId' },
  'heard.assignment': { says: 'Cases, their owners and moves, and who is told of what.', key: 'customerId' },
  'heard.sla-timer': { says: 'Deadlines of the cases.', key: 'customerId' },
  'heard.suppression-list': { says: 'Who is on the stop list, and why.', key: 'customerId' },
  'heard.marketing-eligibility': {
    says: 'For marketing systems: what each customer must not be sent now.',
    key: 'customerId',
    readBy: 'marketing systems',
  },
  'heard.rca': {
    says: 'Themes, the initiatives against them and their proof.',
    key: 'the theme, initiative or fly-wire',
  },
  'heard.policy': { says: 'The versions of the policy.', key: 'the word "policy"' },
};
