import { connection } from 'next/server'
import { Live } from './live'

/** Rendered on the server for each request. Nothing is sent to Meshery there: the browser follows the events. */
export default async function Page() {
  await connection()
  return (
    <main>
      <h1>Meshery events</h1>
      <p>Rendered at {new Date().toISOString()}</p>
      <Live />
    </main>
  )
}
