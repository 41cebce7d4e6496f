/**
 * By which fields an item of each list in a state is recognized in a later value. A list that is not named here
 * recognizes its items by `id`. `controllers` is the name of a value that is itself a list.
 */
export const listKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['controllers', ['connectionID', 'controller']],
  ['resources', ['kubernetes_server_id', 'namespace', 'kind']],
  ['results', ['meshery_id']],
  ['components', ['name']],
  ['relationships', ['name']],
])
