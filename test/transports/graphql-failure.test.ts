import { describe, expect, it } from 'vitest'
import { graphqlFailure } from '../../src/transports/graphql-failure.ts'

const rejected = { code: 'GRAPHQL_VALIDATION_FAILED' }
const failure = (message: string, path?: readonly string[], extensions: object = rejected) =>
  graphqlFailure([{ message, ...(path && { path }), extensions: { ...extensions } }])

describe('a refusal by GraphQL', () => {
  it('is UNSUPPORTED where the schema lacks a field or an argument, and names it', () => {
    expect(failure('Cannot query field "owner" on type "Event".')).toMatchObject({
      code: 'UNSUPPORTED',
      details: { field: 'owner' },
    })
    expect(
      failure('Unknown argument "applicationSelector" on field "Subscription.subscribeConfiguration".'),
    ).toMatchObject({
      code: 'UNSUPPORTED',
      details: { argument: 'applicationSelector' },
    })
    expect(failure('unknown field', ['variable', 'selector', 'populate'])).toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('is GRAPHQL_ERROR where a variable is wrong, and says which', () => {
    const error = failure('must be defined', ['variable', 'selector', 'page'])
    expect(error).toMatchObject({ code: 'GRAPHQL_ERROR', phase: 'subscribe' })
    expect(error.message).toBe('Meshery refuses the operation: must be defined (at `variable.selector.page`)')
  })

  it.each(['variable', { 0: 'variable' }, 7, null])('is read although its path, %j, is no list', (path) => {
    const error: object = { message: 'must be defined', path, extensions: rejected }
    expect(graphqlFailure([error as { message: string }]).details['errors']).toEqual([error])
  })

  it('is GRAPHQL_ERROR where a resolver failed', () => {
    expect(failure('invalid request', ['subscribePerfProfiles'], {})).toMatchObject({ code: 'GRAPHQL_ERROR' })
  })
})
