// One page of a PDF: an empty box of the right size, drawn when it comes near the view and let go when it is far.

export class Page {
  constructor(viewer, number, size) {
    this.viewer = viewer;
    this.number = number;
    this.size = size; // {width, height} in points
    this.layer = null;
    this.box = document.createElement("div");
    this.box.className = "pdf-page";
    this.box.dataset.page = number;
    this.box.setAttribute("role", "group");
    this.box.setAttribute("aria-label", `Page ${number}`);
    this.resize();
  }

  resize() {
    const { scale } = this.viewer;
    this.box.style.width = `${Math.floor(this.size.width * scale)}px`;
    this.box.style.height = `${Math.floor(this.size.height * scale)}px`;
  }

  // Draws the page, once for each scale; resolves when its text is there.
  ready() {
    if (this.drawn !== this.viewer.scale) {
      this.drawn = this.viewer.scale;
      this.drawing = this.draw(this.viewer.scale).catch((error) => {
        if (error.name === "RenderingCancelledException" || error.name === "AbortException") return;
        this.drop();
        this.box.classList.add("pdf-page-failed");
        this.box.textContent = `Page ${this.number} cannot be shown: this part of the file is damaged.`;
      });
    }
    return this.drawing;
  }

  async draw(scale) {
    const page = await this.viewer.document.getPage(this.number);
    if (scale !== this.viewer.scale) return this.ready();
    const viewport = page.getViewport({ scale });
    this.size = page.getViewport({ scale: 1 });
    this.resize();
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    const sharp = Math.min(window.devicePixelRatio || 1, 3, Math.sqrt(16e6 / (viewport.width * viewport.height)));
    canvas.width = Math.max(1, Math.floor(viewport.width * sharp));
    canvas.height = Math.max(1, Math.floor(viewport.height * sharp));
    this.rendering?.cancel();
    this.rendering = page.render({ canvas, viewport, transform: sharp === 1 ? null : [sharp, 0, 0, sharp, 0, 0] });
    const layer = document.createElement("div");
    layer.className = "textLayer";
    const text = new this.viewer.pdfjs.TextLayer({
      textContentSource: page.streamTextContent({ includeMarkedContent: false }),
      container: layer,
      viewport,
    });
    await Promise.all([this.rendering.promise, text.render()]);
    if (scale !== this.viewer.scale) return this.ready();
    this.clear();
    this.box.prepend(canvas, layer);
    this.layer = layer;
    this.viewer.markPage(this);
  }

  drop() {
    this.rendering?.cancel();
    this.rendering = this.drawn = this.drawing = null;
    this.layer = null;
    this.clear();
  }

  // All but the box that somebody is marking: it keeps its place and the focus while the page is drawn anew.
  clear() {
    for (const each of [...this.box.childNodes]) if (!each.classList?.contains("pdf-box")) each.remove();
  }
}
