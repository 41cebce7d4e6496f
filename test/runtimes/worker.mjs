// Runs the program in a worker, once for each request.
import { follow } from './program.mjs'

export default {
  async fetch(request) {
    try {
      return Response.json(await follow(await request.json()))
    } catch (error) {
      return new Response(`${error?.stack ?? error}`, { status: 500 })
    }
  },
}
