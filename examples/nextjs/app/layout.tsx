import type { Metadata } from "next";
import type { ReactNode } from "react";
import "../../shared/transfer.css";

export const metadata: Metadata = { title: "Harbour Bank (Next.js)", icons: "data:," };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
