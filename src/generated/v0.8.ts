/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { Document } from '../base/document.ts'
/** How serious an event is. Servers also send `success`, which no release lists here. */
export type Severity =
  | 'alert'
  | 'critical'
  | 'debug'
  | 'emergency'
  | 'error'
  | 'informational'
  | 'warning';

export type EventsSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type EventsSubscription = { readonly subscribeEvents: { readonly id: string, readonly severity: Severity, readonly category: string, readonly action: string, readonly status: string, readonly userID: string, readonly actedUpon: string, readonly operationID: string, readonly systemID: string, readonly description: string, readonly createdAt: string, readonly updatedAt: string, readonly deletedAt: string | null, readonly metadata: Record<string, unknown> | null } };

export const EventsDocument: Document<EventsSubscription, EventsSubscriptionVariables> = "subscription Events { subscribeEvents { id severity category action status userID actedUpon operationID systemID description createdAt updatedAt deletedAt metadata } }"
