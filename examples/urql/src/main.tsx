import './style.css'
import { createMeshery } from 'meshery-live'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Client, Provider } from 'urql'
import { Controllers } from './controllers'
import { Events } from './events'
import { mesheryExchange } from './meshery-exchange'
import { gapCount } from './notices'

const client = new Client({
  url: '/api/system/graphql/query',
  preferGetMethod: false,
  exchanges: [mesheryExchange(createMeshery(), gapCount)],
})

const place = document.getElementById('root')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <Provider value={client}>
        <h1>Meshery events</h1>
        <Controllers />
        <Events />
      </Provider>
    </StrictMode>,
  )
}
