import type { MesheryEvent } from '../streams/events.ts'
import type { RelayEvent } from './sink.ts'

/** How an event is written. */
export const formats = ['json', 'cloudevents', 'slack', 'teams'] as const
export type Format = (typeof formats)[number]

/** The content type of each format. */
export const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json',
  cloudevents: 'application/cloudevents+json',
  slack: 'application/json',
  teams: 'application/json',
}

/** Slack and Teams refuse or cut longer texts; in characters. */
const mostText = 3_000

/** The event as text of this format, on one line. */
export const formatted = (item: RelayEvent, format: Format): string => JSON.stringify(writers[format](item))

const writers: Readonly<Record<Format, (item: RelayEvent) => unknown>> = {
  json: ({ id, event }) => ({ ...event, id }),
  cloudevents: cloudEvent,
  slack: ({ event }) => ({ text: `*${slackText(headline(event))}*\n${slackText(bodyOf(event))}` }),
  teams: teamsMessage,
}

/** CloudEvents 1.0 in structured mode. An attribute that is not known is left out, as the specification wants. */
function cloudEvent({ id, event, source }: RelayEvent): unknown {
  const { category, action, actedUpon, createdAt, severity } = event
  return {
    specversion: '1.0',
    id,
    source,
    type: ['io.meshery', category ?? 'event', action].filter((part) => part !== null).join('.'),
    ...(actedUpon !== null && { subject: actedUpon }),
    ...(createdAt !== null && { time: createdAt }),
    ...(severity !== null && { severity }),
    datacontenttype: 'application/json',
    data: event,
  }
}

/** An adaptive card, as webhooks of Teams take it. */
function teamsMessage({ event }: RelayEvent): unknown {
  const text = (content: string, more: object): unknown => ({ type: 'TextBlock', text: content, wrap: true, ...more })
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      text(markdownText(headline(event)), { weight: 'Bolder', color: colorOf(event) }),
      text(markdownText(bodyOf(event)), {}),
    ],
  }
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  }
}

const grave: ReadonlySet<unknown> = new Set(['emergency', 'alert', 'critical', 'error'])

const colorOf = ({ severity }: MesheryEvent): string => {
  if (grave.has(severity)) return 'Attention'
  return severity === 'warning' ? 'Warning' : 'Default'
}

/** Such as `error: pattern deploy`. */
const headline = ({ severity, category, action }: MesheryEvent): string =>
  `${severity ?? 'event'}: ${[category, action].filter((part) => part !== null).join(' ') || 'Meshery'}`

const bodyOf = ({ description, createdAt }: MesheryEvent): string => {
  const text = description ?? 'No description'
  const cut = text.length > mostText ? `${text.slice(0, mostText)}…` : text
  return createdAt === null ? cut : `${cut}\n${createdAt}`
}

/** What Slack takes for a link, a mention or an entity becomes text. */
const slackText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** What a card takes for a link or an emphasis becomes text. */
const markdownText = (text: string): string => text.replace(/[\\[\]*_`]/g, '\\$&')
