import { createMeshery } from 'meshery-live'
import { combineLatest, distinctUntilChanged, from, fromEvent, map, merge, share, startWith, takeUntil } from 'rxjs'
import { problems, summaries } from './operators.js'

const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM'))

await using meshery = createMeshery()
// A subscription is iterated once: `share` gives it to both pipes.
const events = from(meshery.subscribeEvents({ since: '10m' })).pipe(takeUntil(stop), share())
const controllers = from(meshery.subscribeMesheryControllersStatus()).pipe(
  takeUntil(stop),
  map((all) => all.map(({ controller, status }) => `${controller} ${status}`).join(', ')),
  startWith('no controllers'),
)
const lines = merge(
  events.pipe(problems()),
  combineLatest([events.pipe(summaries()), controllers]).pipe(
    map(([summary, states]) => `${summary}; ${states}`),
    distinctUntilChanged(),
  ),
)
await lines.forEach((line) => {
  console.log(line)
})
