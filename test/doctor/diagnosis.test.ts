import { describe, expect, it } from 'vitest'
import { conclude, type DiagnosisStep } from '../../src/doctor/diagnosis.ts'

const step = (name: DiagnosisStep['name'], status: DiagnosisStep['status'], message = 'a reason'): DiagnosisStep => ({
  name,
  status,
  tookMs: 1,
  message,
  remedy: status === 'failed' ? 'Do this.' : null,
  details: {},
})

const all = ['websocket', 'sse', 'polling'] as const

describe('the verdict', () => {
  it('names the first transport that works, in the order of the options', () => {
    const steps = [step('websocket', 'ok'), step('sse', 'ok'), step('polling', 'ok')]
    expect(conclude(steps, all)).toEqual({
      transport: 'websocket',
      verdict: 'WebSocket works; the SDK will use WebSocket.',
    })
    expect(conclude(steps, ['polling', 'sse']).transport).toBe('polling')
  })

  it('contains the reason why a better transport is not used', () => {
    const steps = [step('websocket', 'failed', 'the proxy answers 403'), step('sse', 'ok'), step('polling', 'ok')]
    expect(conclude(steps, all).verdict).toBe(
      'WebSocket does not work: the proxy answers 403. SSE works; the SDK will use SSE.',
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
