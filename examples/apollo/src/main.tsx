import './style.css'
import { ApolloClient, InMemoryCache } from '@apollo/client'
import { ApolloProvider } from '@apollo/client/react'
import { createMeshery } from 'meshery-live'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Controllers } from './controllers'
import { Events } from './events'
import { createMesheryLink } from './meshery-link'
import { Models } from './models'

const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: createMesheryLink(createMeshery()),
})

const place = document.getElementById('root')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <ApolloProvider client={client}>
        <h1>Meshery events</h1>
        <Controllers />
        <Models />
        <Events />
      </ApolloProvider>
    </StrictMode>,
  )
}
