import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { MesheryProvider } from '../src/react/browser.ts'
import { App } from './app.tsx'
import { FailureNotice } from './page/failure-notice.tsx'

const place = document.getElementById('root')
if (!place) throw new Error('The page has no element with the id `root`.')
createRoot(place).render(
  <StrictMode>
    <FailureNotice>
      <MesheryProvider>
        <App />
      </MesheryProvider>
    </FailureNotice>
  </StrictMode>,
)
