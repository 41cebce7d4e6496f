import { describe, expect, it } from 'vitest'
import { conclude, type DiagnosisStep } from '../../src/doctor/diagnosis.ts'

const step = (
  name: DiagnosisStep['name'],
  status: DiagnosisStep['status'],
  message = 'a reason',
  details: DiagnosisStep['details'] = {},
): DiagnosisStep => ({
  name,
  status,
  tookMs: 1,
  message,
  remedy: status === 'failed' ? 'Do this.' : null,
  details,
})

const all = ['websocket', 'sse', 'polling'] as const

describe('the verdict', () => {
  it('names the first transport that works, in the order of the options', () => {
    const steps = [step('websocket', 'ok'), step('sse', 'ok'), step('polling', 'ok')]
    expect(conclude(steps, all)).toEqual({
      transport: 'websocket',
      verdict: 'WebSocket works; meshery-live will use WebSocket.',
    })
    expect(conclude(steps, ['polling', 'sse']).transport).toBe('polling')
  })

  it('contains the reason why a better transport is not used', () => {
    const steps = [step('websocket', 'failed', 'the proxy answers 403'), step('sse', 'ok'), step('polling', 'ok')]
    expect(conclude(steps, all).verdict).toBe(
      'WebSocket does not work: the proxy answers 403. SSE works; meshery-live will use SSE.',
    )
  })

  it('names what blocks a transport', () => {
    const blocked = step('websocket', 'failed', 'it answers 403', { blockedBy: 'the proxy http://proxy:3128' })
    expect(conclude([blocked, step('sse', 'ok')], all).verdict).toBe(
      'WebSocket is blocked by the proxy http://proxy:3128: it answers 403. SSE works; meshery-live will use SSE.',
    )
  })

  it('says that the release has no such transport, in place of a failure', () => {
    const missing = step('websocket', 'skipped', 'Meshery v1.0.67 has no WebSocket', { isMissing: true })
    expect(conclude([missing, step('sse', 'ok')], all).verdict).toBe(
      'Meshery v1.0.67 has no WebSocket. SSE works; meshery-live will use SSE.',
    )
  })

  it.each(['ack', 'ping', 'subscription'] as const)('does not use a WebSocket whose step `%s` failed', (name) => {
    const names = ['websocket', 'ack', 'ping', 'subscription'] as const
    const reached = names.slice(0, names.indexOf(name)).map((one) => step(one, 'ok'))
    const later = names.slice(names.indexOf(name) + 1).map((one) => step(one, 'skipped'))
    const steps = [...reached, step(name, 'failed', 'too late'), ...later, step('polling', 'ok')]
    expect(conclude(steps, all)).toEqual({
      transport: 'polling',
      verdict: 'WebSocket does not work: too late. Polling works; meshery-live will use polling.',
    })
  })

  it('warns that events may be missing if the store cannot be read', () => {
    const steps = [step('data', 'failed', 'the store answers 500'), step('websocket', 'ok'), step('subscription', 'ok')]
    expect(conclude(steps, all).verdict).toBe(
      'WebSocket works; meshery-live will use WebSocket. Events may be missing, since the store cannot be read: the store answers 500.',
    )
  })

  it('names the first failure and its remedy when nothing works', () => {
    const steps = [step('tcp', 'failed', 'refused'), ...all.map((name) => step(name, 'skipped'))]
    expect(conclude(steps, all)).toEqual({ transport: null, verdict: 'Nothing works: refused. Do this.' })
  })

  it('reports that nothing was tried when nothing failed', () => {
    expect(conclude([], all)).toEqual({ transport: null, verdict: 'No transport was tried.' })
  })
})
