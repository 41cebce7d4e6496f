import { MesheryProvider } from 'meshery-live/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Connection } from './connection'
import { Events } from './events'

const place = document.getElementById('root')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <MesheryProvider>
        <h1>Meshery events</h1>
        <Connection />
        <Events />
      </MesheryProvider>
    </StrictMode>,
  )
}
