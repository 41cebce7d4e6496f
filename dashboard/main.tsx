import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { MesheryProvider } from '../src/react/browser.ts'
import { App } from './app.tsx'

const place = document.getElementById('root')
if (!place) throw new Error('The page has no element with the id `root`.')
createRoot(place).render(
  <StrictMode>
    <MesheryProvider>
      <App />
    </MesheryProvider>
  </StrictMode>,
)
