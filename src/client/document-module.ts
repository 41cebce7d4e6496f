import { isRecord, kindOf, refuse } from '../base/checks.ts'
import type { AnyDocument } from '../base/document.ts'
import { RawSubscriber } from '../connection/raw-subscriber.ts'
import type { Operation } from '../transports/contract.ts'
import type { ClientContext, StreamModule } from './client.ts'
import { readDocument } from './documents.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'

/** Adds `subscribe`, for documents of one's own. */
export const documents: StreamModule<'subscribe'> = {
  method: 'subscribe',
  connect:
    (context) =>
    (document, ...given) =>
      followDocument(context, document, given),
}

function followDocument<Data>(
  context: ClientContext,
  document: AnyDocument<Data, never>,
  [variables, options = {}]: readonly [variables?: unknown, options?: SubscribeOptions | undefined],
): Subscription<Data> {
  const { transports, limits, buffer: defaultBuffer } = context.options
  context.check(options)
  const query = readDocument(document)
  context.http.platform.checkDocument?.(query)
  if (variables !== undefined && !isRecord(variables)) refuse('variables', kindOf(variables), 'an object')
  if (!transports.includes('websocket'))
    refuse('transports', transports.join(', '), '`websocket` among them for `subscribe`')
  const operationOf = (text: string): Operation => ({
    graphql: isRecord(variables) ? { query: text, variables } : { query: text },
  })
  const operation =
    typeof query === 'string'
      ? operationOf(query)
      : query.then((text) => (typeof text === 'string' ? operationOf(text) : text))
  const { buffer = defaultBuffer } = options
  const { bufferBytes } = limits
  context.limit.check()
  context.limit.add(operation)
  return context.follow<Data>(options, {
    name: documents.method,
    start: (notice) => new RawSubscriber(operation, { buffer, bufferBytes, notice }, context.selection.join),
    end: () => context.limit.delete(operation),
  })
}
