import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextSelection } from '../../src/connection/fallback-policy.ts'
import { newSelection, nextDueAt, type Selection } from '../../src/connection/selection.ts'
import { runsOf } from '../sample.ts'
import { SelectionScript, shown, shownAction, type TransportEvent, transportEvents } from './selection-script.ts'

const started = (): SelectionScript => new SelectionScript().start()
const onPolling = (): SelectionScript => started().on('current', 'is unavailable', 'is unavailable', 'opens')
/** WebSocket opens, and delivers nothing. */
const inVain = (): SelectionScript =>
  new SelectionScript(['websocket', 'polling']).start().on('current', 'opens', 'refuses the operation')
const settled = (): SelectionScript =>
  new SelectionScript(['websocket']).start().on('current', 'opens', 'refuses the operation')

/**
 * How each selection comes about: the current transport, and the candidate. `+`: it is open. `!`: it is proven. `?`: it is open
 * and not reported yet, since it opened in vain before.
 */
const selections: Readonly<Record<string, () => SelectionScript>> = {
  none: () => new SelectionScript(),
  websocket: started,
  'websocket+': () => started().on('current', 'opens'),
  'websocket!': () => started().on('current', 'opens', 'has a frame'),
  'polling!': onPolling,
  'polling!, candidate websocket': () => onPolling().pass(60_000),
  'polling!, candidate websocket?': () => inVain().on('current', 'opens').pass(60_000).on('candidate', 'opens'),
  'settled on websocket': settled,
  'candidate websocket': () => settled().pass(1_000),
  'candidate websocket?': () => settled().pass(1_000).on('candidate', 'opens'),
}

const events = new Map<string, (script: SelectionScript) => SelectionScript>([
  ['the stream starts', (script) => script.start()],
  ['5 s pass', (script) => script.pass(5_000)],
  ['2 min pass', (script) => script.pass(120_000)],
  ['another release answers', (script) => script.apply({ type: 'new-release' })],
  ['a transport that was left ends', (script) => script.apply({ type: 'end', id: 0, error: undefined })],
])
const places = ['current', 'candidate'] as const
const namesOfTransportEvents = Object.keys(transportEvents) as TransportEvent[]
for (const place of places)
  for (const name of namesOfTransportEvents) events.set(`${place} ${name}`, (script) => script.on(place, name))

/** Whether the event can happen to the selection. */
const isPossible = (event: string, { current, candidate }: Selection, selection: string): boolean => {
  if (event === 'the stream starts') return selection === 'none'
  if (event.startsWith('current ')) return current !== undefined
  return candidate !== undefined || !event.startsWith('candidate ')
}

/** Selection x event: the next selection, and its actions. */
const table: Readonly<Record<string, Readonly<Record<string, readonly [next: string, actions: string]>>>> = {
  none: {
    'the stream starts': ['websocket', 'join websocket'],
    '5 s pass': ['none', ''],
    '2 min pass': ['none', ''],
    'another release answers': ['websocket', 'join websocket'],
    'a transport that was left ends': ['none', ''],
  },
  websocket: {
    '5 s pass': ['websocket', ''],
    '2 min pass': ['websocket', ''],
    'another release answers': ['websocket', ''],
    'a transport that was left ends': ['websocket', ''],
    'current is dialled': ['websocket', 'report connecting'],
    'current has trouble': ['websocket', 'report waiting'],
    'current cannot deliver': ['websocket', 'report waiting'],
    'current opens': ['websocket+', 'report websocket open'],
    'current has a frame': ['websocket', ''],
    'current completes': ['sse', 'leave, join sse'],
    'current is unavailable': ['sse', 'leave, join sse'],
    'current lacks the document': ['websocket', 'leave, join websocket'],
    'current refuses the operation': ['sse', 'leave, join sse'],
    'current refuses the credentials': ['websocket', 'report CREDENTIALS_REFUSED'],
  },
  'websocket+': {
    '5 s pass': ['websocket+', ''],
    '2 min pass': ['websocket+', ''],
    'another release answers': ['websocket+', ''],
    'a transport that was left ends': ['websocket+', ''],
    'current is dialled': ['websocket+', 'report connecting'],
    'current has trouble': ['websocket', 'report waiting'],
    'current cannot deliver': ['websocket', 'report waiting'],
    'current opens': ['websocket+', 'report websocket open, check-release'],
    'current has a frame': ['websocket!', ''],
    'current completes': ['sse', 'leave, join sse'],
    'current is unavailable': ['sse', 'leave, join sse'],
    'current lacks the document': ['websocket', 'leave, join websocket'],
    'current refuses the operation': ['sse', 'leave, join sse'],
    'current refuses the credentials': ['websocket+', 'report CREDENTIALS_REFUSED'],
  },
  'websocket!': {
    '5 s pass': ['websocket!', ''],
    '2 min pass': ['websocket!', ''],
    'another release answers': ['websocket!', ''],
    'a transport that was left ends': ['websocket!', ''],
    'current is dialled': ['websocket!', 'report connecting'],
    'current has trouble': ['websocket', 'report waiting'],
    'current cannot deliver': ['websocket', 'report waiting'],
    'current opens': ['websocket+', 'report websocket open, check-release'],
    'current has a frame': ['websocket!', ''],
    'current completes': ['sse', 'leave, join sse'],
    'current is unavailable': ['sse', 'leave, join sse'],
    'current lacks the document': ['websocket', 'leave, join websocket'],
    'current refuses the operation': ['sse', 'leave, join sse'],
    'current refuses the credentials': ['websocket!', 'report CREDENTIALS_REFUSED'],
  },
  'polling!': {
    '5 s pass': ['polling!', ''],
    '2 min pass': ['polling!, candidate websocket', 'join websocket'],
    'another release answers': ['polling!, candidate websocket', 'join websocket'],
    'a transport that was left ends': ['polling!', ''],
    'current is dialled': ['polling!', 'report connecting'],
    'current has trouble': ['polling!', 'report waiting'],
    'current cannot deliver': ['polling!', 'report waiting'],
    'current opens': ['polling!', 'report polling open, check-release'],
    'current has a frame': ['polling!', ''],
    'current completes': ['settled on websocket', 'leave, report waiting'],
    'current is unavailable': ['settled on websocket', 'leave, report waiting'],
    'current lacks the document': ['settled on websocket', 'leave, watch-release, report waiting'],
    'current refuses the operation': ['settled on websocket', 'leave, report waiting'],
    'current refuses the credentials': ['polling!', 'report CREDENTIALS_REFUSED'],
  },
  'polling!, candidate websocket': {
    '5 s pass': ['polling!, candidate websocket', ''],
    '2 min pass': ['polling!, candidate websocket', ''],
    'another release answers': ['polling!, candidate websocket', ''],
    'a transport that was left ends': ['polling!, candidate websocket', ''],
    'current is dialled': ['polling!, candidate websocket', 'report connecting'],
    'current has trouble': ['polling!, candidate websocket', 'report waiting'],
    'current cannot deliver': ['polling!, candidate websocket', 'report waiting'],
    'current opens': ['polling!, candidate websocket', 'report polling open, check-release'],
    'current has a frame': ['polling!, candidate websocket', ''],
    'current completes': ['polling, candidate websocket', 'leave, join polling'],
    'current is unavailable': ['websocket', 'leave'],
    'current lacks the document': ['polling, candidate websocket', 'leave, join polling'],
    'current refuses the operation': ['polling, candidate websocket', 'leave, join polling'],
    'current refuses the credentials': ['polling!, candidate websocket', 'report CREDENTIALS_REFUSED'],
    'candidate is dialled': ['polling!, candidate websocket', ''],
    'candidate has trouble': ['polling!', 'leave'],
    'candidate cannot deliver': ['polling!', 'leave'],
    'candidate opens': ['websocket+', 'leave, report websocket open, check-release'],
    'candidate has a frame': ['polling!, candidate websocket', ''],
    'candidate completes': ['polling!', 'leave'],
    'candidate is unavailable': ['polling!', 'leave'],
    'candidate lacks the document': ['polling!, candidate websocket', 'leave, join websocket'],
    'candidate refuses the operation': ['polling!', 'leave'],
    'candidate refuses the credentials': ['polling!', 'leave'],
  },
  'polling!, candidate websocket?': {
    '5 s pass': ['websocket!', 'leave, report websocket open'],
    '2 min pass': ['websocket!', 'leave, report websocket open'],
    'another release answers': ['polling!, candidate websocket?', ''],
    'a transport that was left ends': ['polling!, candidate websocket?', ''],
    'current is dialled': ['polling!, candidate websocket?', 'report connecting'],
    'current has trouble': ['polling!, candidate websocket?', 'report waiting'],
    'current cannot deliver': ['polling!, candidate websocket?', 'report waiting'],
    'current opens': ['polling!, candidate websocket?', 'report polling open, check-release'],
    'current has a frame': ['polling!, candidate websocket?', ''],
    'current completes': ['polling, candidate websocket?', 'leave, join polling'],
    'current is unavailable': ['websocket?', 'leave'],
    'current lacks the document': ['polling, candidate websocket?', 'leave, join polling'],
    'current refuses the operation': ['polling, candidate websocket?', 'leave, join polling'],
    'current refuses the credentials': ['polling!, candidate websocket?', 'report CREDENTIALS_REFUSED'],
    'candidate is dialled': ['polling!, candidate websocket?', ''],
    'candidate has trouble': ['polling!', 'leave'],
    'candidate cannot deliver': ['polling!', 'leave'],
    'candidate opens': ['polling!, candidate websocket?', 'check-release'],
    'candidate has a frame': ['websocket!', 'leave, report websocket open'],
    'candidate completes': ['polling!', 'leave'],
    'candidate is unavailable': ['polling!', 'leave'],
    'candidate lacks the document': ['polling!, candidate websocket', 'leave, join websocket'],
    'candidate refuses the operation': ['polling!', 'leave'],
    'candidate refuses the credentials': ['polling!', 'leave'],
  },
  'settled on websocket': {
    '5 s pass': ['candidate websocket', 'join websocket'],
    '2 min pass': ['candidate websocket', 'join websocket'],
    'another release answers': ['websocket', 'join websocket'],
    'a transport that was left ends': ['settled on websocket', ''],
  },
  'candidate websocket': {
    '5 s pass': ['candidate websocket', ''],
    '2 min pass': ['candidate websocket', ''],
    'another release answers': ['candidate websocket', ''],
    'a transport that was left ends': ['candidate websocket', ''],
    'candidate is dialled': ['candidate websocket', ''],
    'candidate has trouble': ['websocket', 'report waiting'],
    'candidate cannot deliver': ['websocket', 'report waiting'],
    'candidate opens': ['candidate websocket?', 'check-release'],
    'candidate has a frame': ['candidate websocket', ''],
    'candidate completes': ['settled on websocket', 'leave, report waiting'],
    'candidate is unavailable': ['settled on websocket', 'leave, report waiting'],
    'candidate lacks the document': ['candidate websocket', 'leave, join websocket'],
    'candidate refuses the operation': ['settled on websocket', 'leave, report waiting'],
    'candidate refuses the credentials': ['candidate websocket', 'report CREDENTIALS_REFUSED'],
  },
  'candidate websocket?': {
    '5 s pass': ['websocket!', 'report websocket open'],
    '2 min pass': ['websocket!', 'report websocket open'],
    'another release answers': ['candidate websocket?', ''],
    'a transport that was left ends': ['candidate websocket?', ''],
    'candidate is dialled': ['candidate websocket?', ''],
    'candidate has trouble': ['settled on websocket', 'leave, report waiting'],
    'candidate cannot deliver': ['settled on websocket', 'leave, report waiting'],
    'candidate opens': ['candidate websocket?', 'check-release'],
    'candidate has a frame': ['websocket!', 'report websocket open'],
    'candidate completes': ['settled on websocket', 'leave, report waiting'],
    'candidate is unavailable': ['settled on websocket', 'leave, report waiting'],
    'candidate lacks the document': ['candidate websocket', 'leave, join websocket'],
    'candidate refuses the operation': ['settled on websocket', 'leave, report waiting'],
    'candidate refuses the credentials': ['candidate websocket?', 'report CREDENTIALS_REFUSED'],
  },
}

describe('the selection of a transport', () => {
  for (const [selection, rows] of Object.entries(table))
    it.each(Object.entries(rows))(`${selection}: %s`, (event, [next, actions]) => {
      const script = selections[selection]?.() ?? new SelectionScript()
      expect(shown(script.selection)).toBe(selection)
      events.get(event)?.(script)
      expect([shown(script.selection), script.selection.actions.map(shownAction).join(', ')]).toEqual([next, actions])
    })

  it('has a row for each selection and each event that can happen to it', () => {
    expect(Object.keys(table)).toEqual(Object.keys(selections))
    for (const [name, make] of Object.entries(selections)) {
      const possible = [...events.keys()].filter((event) => isPossible(event, make().selection, name))
      expect(Object.keys(table[name] ?? {}), name).toEqual(possible)
    }
  })

  it('changes no selection that it is given', () => {
    const deepFreeze = (value: unknown): void => {
      if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
      Object.freeze(value)
      for (const inner of Object.values(value)) deepFreeze(inner)
    }
    for (const [name, make] of Object.entries(selections))
      for (const [event, apply] of events) {
        const script = make()
        if (!isPossible(event, script.selection, name)) continue
        deepFreeze(script.selection)
        apply(script)
      }
  })
})

const steps = fc.oneof(
  fc.record({ place: fc.constantFrom(...places), event: fc.constantFrom(...namesOfTransportEvents) }),
  fc.record({ ms: fc.constantFrom(100, 1_000, 5_000, 60_000, 600_000) }),
  fc.constant('another release answers' as const),
)
type Step = typeof steps extends fc.Arbitrary<infer One> ? One : never

const applyStep = (script: SelectionScript, step: Step): void => {
  if (step === 'another release answers') script.apply({ type: 'new-release' })
  else if ('ms' in step) script.pass(step.ms)
  else if (script.selection[step.place]) script.on(step.place, step.event)
  else script.pass(0)
}

const isEnded = ({ actions }: Selection): boolean => actions.some(({ type }) => type === 'end')

/** Every selection of a walk through random events, with the one before it. */
const walk = (path: readonly Step[], check: (after: Selection, before: Selection) => void): void => {
  const script = started()
  for (const step of path) {
    const before = script.selection
    applyStep(script, step)
    check(script.selection, before)
    if (isEnded(script.selection)) return
  }
}

describe('in every order of events', () => {
  const paths = fc.array(steps, { maxLength: 60 })

  it('every transport that is joined is in use, or was left once', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const inUse = new Set([1])
        walk(path, ({ actions, current, candidate }) => {
          for (const action of actions) {
            if (action.type === 'join') inUse.add(action.id)
            if (action.type === 'leave') expect(inUse.delete(action.id)).toBe(true)
          }
          expect([...inUse].sort()).toEqual([current?.id, candidate?.id].filter((id) => id !== undefined).sort())
        })
      }),
      { numRuns: runsOf(100) },
    )
  })

  it('a transport is in use, or the next try is due, until the end is reported', () => {
    fc.assert(
      fc.property(paths, (path) => {
        walk(path, (after) => {
          if (!after.current && !after.candidate && !isEnded(after)) expect(nextDueAt(after)).toBeLessThan(Infinity)
        })
      }),
      { numRuns: runsOf(100) },
    )
  })

  it('a candidate that opens and takes over is better than the transport that it replaces', () => {
    const order = ['websocket', 'sse', 'polling'] as const
    fc.assert(
      fc.property(paths, (path) => {
        walk(path, ({ current, actions }, before) => {
          const isTakenOver = before.current && before.candidate && current?.id === before.candidate.id
          if (!isTakenOver || !actions.some(({ type }) => type === 'open')) return
          expect(order.indexOf(current.transport)).toBeLessThan(order.indexOf(before.current.transport))
        })
      }),
      { numRuns: runsOf(100) },
    )
  })
})

describe('a new selection', () => {
  it('uses nothing, and nothing is due', () => {
    const fixed = { order: ['sse' as const], stream: { name: 'rows', since: 'v0.6' }, variants: 1, firstByte: 20_000 }
    expect(nextDueAt(newSelection(fixed, 0))).toBe(Infinity)
    expect(nextSelection(newSelection(fixed, 0), { type: 'time' }, 1_000_000).actions).toEqual([])
  })
})
