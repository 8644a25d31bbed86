import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import type { Page as BrowserPage } from 'playwright-core'
import { find } from '../harness/toolchain.ts'

/** Nothing of Chromium's own goes to the network, and nothing asks for a screen. */
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // else addresses of this machine are hidden behind mDNS names that nobody here resolves
  '--disable-features=WebRtcHideLocalIpsWithMdns'
]

/** A page in a headless Chromium of its own, with an empty profile, with `page.ts` loaded. Ends with the test. */
export async function openPage (context: TestContext): Promise<{ readonly page: BrowserPage, readonly version: string }> {
  const found = find('chromium')
  if ('missing' in found) throw new Error(found.missing)
  const script = await bundlePage()
  // 127.0.0.1 is a secure context: the page has WebCrypto
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html').end(isScript ? script : '<!doctype html><title>tos</title><script src="/page.js"></script>')
  })
  context.after(() => { server.close() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const browser = await chromium.launch({ executablePath: found.command, args: FLAGS })
  context.after(() => browser.close())
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return { page, version: browser.version() }
}

async function bundlePage (): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))], bundle: true, platform: 'browser', format: 'iife', target: 'es2024', write: false, logLevel: 'silent',
    define: { 'process.env.NODE_DEBUG': 'undefined' }
  })
  return outputFiles[0]?.text ?? ''
}
