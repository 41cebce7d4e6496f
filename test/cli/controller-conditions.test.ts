import { describe, expect, test } from 'vitest'
import { ClusterNames } from '../../src/cli/cluster-names.ts'
import { conditionsHold, readControllerCondition } from '../../src/cli/controller-conditions.ts'

const list = (...items: readonly string[]) =>
  items.map((item) => {
    const [connectionID = '', controller = '', status = ''] = item.split(' ')
    return { connectionID, controller, status, version: null }
  })

const held = (items: readonly string[], conditions: readonly string[], connections?: readonly string[]): boolean =>
  conditionsHold(conditions.map(readControllerCondition), list(...items), connections)

describe('without connections', () => {
  test.each<[boolean, readonly string[], readonly string[]]>([
    [true, ['a MESHSYNC CONNECTED'], ['MESHSYNC=CONNECTED']],
    [false, ['a MESHSYNC RUNNING'], ['MESHSYNC=CONNECTED']],
    [true, ['a MESHSYNC RUNNING'], ['MESHSYNC=RUNNING,CONNECTED']],
    [false, [], ['MESHSYNC=CONNECTED']],
    [false, ['a BROKER CONNECTED'], ['MESHSYNC=CONNECTED']],
    [false, ['a MESHSYNC CONNECTED', 'b MESHSYNC UNKNOWN'], ['MESHSYNC=CONNECTED']],
    [true, ['a MESHSYNC CONNECTED', 'b OPERATOR UNKNOWN'], ['MESHSYNC=CONNECTED']],
    [false, ['a MESHSYNC CONNECTED', 'a BROKER UNKNOWN'], ['MESHSYNC=CONNECTED', 'BROKER=CONNECTED']],
    [true, ['a MESHSYNC CONNECTED', 'a BROKER DEPLOYED'], ['MESHSYNC=CONNECTED', 'BROKER=DEPLOYED']],
  ])('it is %s: %j for %j', (expected, items, conditions) => {
    expect(held(items, conditions)).toBe(expected)
  })
})

test('each connection that is named must have the controller', () => {
  const items = ['a MESHSYNC CONNECTED', 'b OPERATOR DEPLOYED']
  expect(held(items, ['MESHSYNC=CONNECTED'], ['a'])).toBe(true)
  expect(held(items, ['MESHSYNC=CONNECTED'], ['a', 'b'])).toBe(false)
})

test('a condition may be written in any case', () => {
  expect(readControllerCondition('meshsync=Running, connected')).toEqual({
    controller: 'MESHSYNC',
    statuses: ['RUNNING', 'CONNECTED'],
  })
})

test.each(['MESHSYNC', 'MESHSYNC=', '=CONNECTED', 'MESHSINC=CONNECTED', 'MESHSYNC=CONNECTD', 'MESHSYNC=RUNNING,', ''])(
  '%j is refused',
  (given) => {
    expect(() => readControllerCondition(given)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  },
)

test('a connection may be given by whatever its cluster is known by', async () => {
  const [context, connection, server] = ['0123456789abcdef0123456789abcdef', 'connection-1', 'server-1']
  const listed = { id: context, connection_id: connection, kubernetes_server_id: server, name: 'prod' }
  const rest = { server: null, owner: null, created_by: null, meshery_instance_id: null, deployment_type: null }
  const times = { version: null, created_at: null, updated_at: null }
  let reads = 0
  const names = new ClusterNames(async () => {
    reads++
    return [{ ...listed, ...rest, ...times }]
  })
  await names.learn([connection])
  await names.learn([connection])
  expect(reads).toBe(1)
  const list = [{ connectionID: connection, controller: 'MESHSYNC', status: 'RUNNING', version: null }]
  const conditions = [readControllerCondition('MESHSYNC=RUNNING')]
  for (const given of ['prod', context, connection, server])
    expect(conditionsHold(conditions, list, [given], names.means), given).toBe(true)
  expect(conditionsHold(conditions, list, ['prod', 'other'], names.means)).toBe(false)
})
