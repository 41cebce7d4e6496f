export { nats } from './nats.ts'
export type { NatsStreamOptions } from './nats-options.ts'
