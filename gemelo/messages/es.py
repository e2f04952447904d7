"""Every error message in Spanish, by its code."""

SPANISH = {
    # A photo.
    "photo.empty": "está vacío (0 bytes)",
    "photo.16-bit": "16 bits por canal",
    "photo.frame": "este navegador altera los píxeles que una página lee de una cámara",
    "photo.cmyk": "este navegador altera los píxeles de las fotos en CMYK",
    "photo.not-a-photo": "Es {what}, no una foto.",
    "photo.mode": "No es una foto que se pueda leer aquí (píxeles de modo {mode}).",
    "photo.kind": "es {kind}",
    "photo.damaged": "no se puede decodificar",
    "photo.damaged-by": "está dañado o cortado: {reason}",
    "photo.header": "cabecera de {format} dañada",
    "photo.impossible-size": "un tamaño imposible de {width}x{height}",
    "photo.pixels": "{width}x{height} son {megapixels:.1f} megapíxeles, el límite son {limit:g}",
    "photo.side": "{width}x{height} tiene un lado de más de {limit:,} píxeles",
    "photo.resized": "reducirla da {width}x{height} píxeles, el límite son {limit:g} megapíxeles",
    "photo.nothing-left": "reducirla da {width}x{height} píxeles: no quedaría nada",
    "photo.bordered": "con sus bordes tiene {width}x{height} píxeles, un lado de más de {limit:,}",
    "photo.memory-limit": "ocupa {megabytes} MB de memoria, el límite son {limit} MB",
    "photo.bytes": "más de {mebibytes} MiB",
    "photo.upload": "{megabytes:.1f} MB, el límite son {limit:g} MB",
    "photo.parts": "más de {limit:,} segmentos o bloques",
    "photo.metadata": "más de {limit} bloques de metadatos",
    "photo.many-scans": "más de {limit} pasadas",
    "photo.scans": "{scans} pasadas de {width}x{height}",
    "photo.runs": "más de {megapixels:g} megapíxeles o {mebibytes} MiB con codificación por longitud",
    "photo.memory": "no cabe en la memoria",
    "photo.memory-size": "{width}x{height} no cabe en la memoria",
    "photo.unreadable": "no se puede leer: {reason}",
    # What is wrong with the bytes of a photo.
    "damage.within-chunk": "termina en medio de un bloque",
    "damage.end-chunk": "termina antes de su bloque final",
    "damage.end-marker": "termina antes de su marca final",
    "damage.checksum": "el bloque {chunk} no coincide con su suma de control",
    "damage.pixels": "los píxeles terminan antes de tiempo",
    # The same, found by the page's own decoders.
    "damage.truncated": "faltan datos",
    "damage.stream": "los datos se interrumpen",
    "damage.contents": "los datos no se entienden",
    "damage.data": "los datos se interrumpen",
    "damage.too-little": "faltan datos",
    "damage.configuration": "la configuración no es válida",
    "damage.frame": "no se puede leer la imagen",
    "damage.raw-mode": "el modo de los píxeles no se conoce",
    "damage.palette-size": "el tamaño de la paleta no es válido",
    "damage.tile": "una parte sale de la imagen",
    "damage.no-palette": "una imagen con paleta que no la trae",
    "damage.browser": "el navegador no la puede decodificar",
    "damage.decoder": "el decodificador no la puede leer",
    "damage.other-size": "{width}x{height} píxeles en lugar de {wanted_width}x{wanted_height}",
    "damage.chunk": "{reason}",
    # Files that are no photos.
    "kind.avif": "una imagen AVIF",
    "kind.heic": "una foto HEIC",
    "kind.tiff": "una imagen TIFF",
    "kind.big-tiff": "una imagen BigTIFF",
    "kind.raw": "una foto en bruto (RAW), como las guardan las cámaras",
    "kind.jpeg-2000": "una imagen JPEG 2000",
    "kind.jpeg-xl": "una imagen JPEG XL",
    "kind.jpeg-xr": "una imagen JPEG XR",
    "kind.jpeg-ls": "una imagen JPEG-LS",
    "kind.jpeg-lossless": "un JPEG sin pérdida",
    "kind.jpeg-arithmetic": "un JPEG con codificación aritmética",
    "kind.jpeg-hierarchical": "un JPEG jerárquico",
    "kind.jpeg-12-bit": "un JPEG de 12 bits por canal",
    "kind.jpeg-channels": "un JPEG con un número de canales poco común",
    "kind.bmp-header": "un BMP con una cabecera de los primeros OS/2",
    "kind.bmp-compression": "un BMP con una compresión poco común",
    "kind.bmp-pixels": "un BMP con una disposición de píxeles poco común",
    "kind.ios-png": "un PNG hecho para aplicaciones de iOS",
    "kind.icon": "un icono",
    "kind.cursor": "un cursor de ratón",
    "kind.photoshop": "un documento de Photoshop",
    "kind.gimp": "un documento de GIMP",
    "kind.targa": "una imagen TGA",
    "kind.pcx": "una imagen PCX",
    "kind.netpbm": "una imagen Netpbm (PPM, PGM o PBM)",
    "kind.dds": "una textura DDS",
    "kind.openexr": "una imagen OpenEXR",
    "kind.radiance": "una imagen HDR de Radiance",
    "kind.qoi": "una imagen QOI",
    "kind.fits": "una imagen FITS",
    "kind.dicom": "una imagen DICOM",
    "kind.bpg": "una imagen BPG",
    "kind.flif": "una imagen FLIF",
    "kind.mng": "una animación MNG",
    "kind.svg": "un dibujo SVG",
    "kind.metafile": "un metarchivo de Windows",
    "kind.pdf": "un documento PDF",
    "kind.postscript": "un documento PostScript",
    "kind.djvu": "un documento DjVu",
    "kind.zip": "un archivo comprimido zip",
    "kind.gzip": "un archivo comprimido gzip",
    "kind.bzip2": "un archivo comprimido bzip2",
    "kind.xz": "un archivo comprimido xz",
    "kind.zstandard": "un archivo comprimido Zstandard",
    "kind.rar": "un archivo comprimido RAR",
    "kind.7z": "un archivo comprimido 7z",
    "kind.tar": "un archivo tar",
    "kind.cab": "un archivo CAB de Windows",
    "kind.video": "un vídeo",
    "kind.sound": "una grabación de sonido",
    "kind.office": "un documento de Office",
    "kind.program": "un programa",
    "kind.database": "una base de datos",
    "kind.hdf5": "un archivo HDF5",
    "kind.tflite": "un modelo TFLite",
    "kind.numpy": "una matriz de NumPy",
    "kind.apple-double": "lo que macOS deja junto a un archivo",
    "kind.git-lfs": "un puntero de Git LFS, no el archivo mismo",
    "kind.web-page": "una página web",
    "kind.xml": "XML",
    "kind.text": "texto",
    "kind.not-an-image": "algo que no es una imagen, o está dañado",
    "kind.folder": "una carpeta",
    "kind.not-a-regular-file": "algo que no es un archivo",
    "kind.photo": "una foto",
    "kind.keras": "un modelo de Keras",
    "kind.keras-hdf5": "un modelo de Keras en HDF5",
    "kind.onnx": "un modelo ONNX",
    "kind.saved-model": "un SavedModel",
    "kind.tfjs": "un modelo de TF.js",
    "kind.other-folder": "una carpeta con otra cosa",
    # Files and folders.
    "file.missing": "Falta {path}",
    "file.unreadable": "{path} no se puede leer: {reason}",
    "file.it-cannot-be-read": "no se puede leer: {reason}",
    "file.no-such": "no hay tal archivo",
    "file.no-folder": "no hay tal carpeta",
    "file.empty-folder": "la carpeta está vacía",
    "file.folder-unreadable": "la carpeta no se puede leer: {reason}",
    "file.not-a-folder": "esto es un archivo, no una carpeta",
    "file.kind-not-a-folder": "esto es {kind}, no una carpeta",
    "file.json": "{path} no es JSON válido: {reason}",
    "file.large": "{path} tiene más de {mebibytes} MiB",
    "file.no-text": "{path} no es texto en UTF-8",
    "file.cannot-write": "No se puede escribir {path}: {reason}",
    "path.outside": "el manifiesto nombra una ruta fuera de su carpeta: {path}",
    "path.none": "{path} no es la ruta de un archivo: {reason}",
    "path.encoding": "no se puede codificar",
    "path.loop": "es un ciclo de enlaces",
    "path.link": "{path} es un enlace que sale de la carpeta",
    # Runs and bundles.
    "bundle.none": "no es un {wanted} (le falta {manifest})",
    "bundle.kind-instead": "es {kind}, no un «{wanted}»",
    "bundle.other-kind": "es un {found}, no un «{wanted}»",
    "bundle.no-schema": "no es un manifiesto (no tiene número de esquema)",
    "bundle.newer": "el esquema {schema} es más nuevo que el que entiende este gemelo ({newest})",
    "bundle.damaged": "falta o está dañado: {fields}",
    "bundle.files-missing": "falta {files}",
    "bundle.files-changed": "no son los bytes que se exportaron: {files}",
    "bundle.no-hash": "no tiene el hash de {files}",
    "bundle.manifest-no-hash": "su manifiesto no tiene el hash de {files}",
    "bundle.no-hash-of-artifact": "{path} no tiene hash",
    "bundle.no-hash-of-weights": "no tiene el hash de {files}, de donde toma sus pesos",
    "bundle.labels": (
        "las etiquetas del manifiesto {manifest}, de reference.json {reference} y de labels.txt {listed} no "
        "son las mismas"
    ),
    "bundle.external": "toma pesos de otro archivo que ningún hash cubre",
    "bundle.no-layers": "no trae capas que mirar",
    "bundle.no-weights": "faltan los pesos de las capas",
    "bundle.nothing-for": "no hay ningún artefacto para {runtimes}: la página no podría ejecutar nada",
    "bundle.not-built": "{path} no es el archivo que se construyó",
    "bundle.golden-unreadable": "el golden {path} no se puede leer: {reason}",
    "answers.array": "no es una matriz",
    "answers.version": "no es una matriz de la versión 1.0",
    "answers.type": "no es una matriz de float32 en orden C",
    "answers.number": "una probabilidad no es un número finito",
    "answers.shape": "probabilidades de forma {shape}, pero {wanted} fotos y etiquetas",
    "answers.hash": "no son los bytes que nombra reference.json",
    "answers.absent": "faltan o están dañadas las probabilidades de las fotos de prueba",
    "answers.labels": "{path} tiene {found} probabilidades, pero hay {wanted} etiquetas",
    "answers.label": "{path} tiene la etiqueta {label} de {labels}",
    "preprocessing.size": "una entrada de {width}x{height} no está entre 1 y 4096 píxeles",
    "preprocessing.channels": "{channels} canales; hay 1 (gris) y 3 (RGB)",
    "preprocessing.fit": "ajuste {fit} desconocido; hay {known}",
    "preprocessing.filter": "filtro {filter} desconocido; hay {known}",
    "preprocessing.box": "el ajuste {fit} necesita un filtro de Pillow, como pillow-bilinear, no {filter}",
    "preprocessing.resize-to": "resize_to es {found}, pero resize-crop necesita un número entero de 1 a {limit}",
    "preprocessing.no-resize-to": "resize_to es propio del ajuste resize-crop, no de {fit}",
    "preprocessing.no-schema": "no tiene número de esquema",
    "preprocessing.field": "falta {field}",
    "preprocessing.unknown": "dice algo que el esquema 2 no conoce",
    # Runtimes and options.
    "runtime.outputs": "{outputs} salidas, pero {labels} etiquetas",
    "runtime.nan": "el motor respondió NaN, o con otra forma: {shape}",
    "runtime.cannot-load": "{runtime} no puede cargar {path}: {reason}",
    "runtime.node-stopped": "Node se detuvo antes de responder {reason}",
    "runtime.node-late": "Node no respondió a tiempo y se detuvo {reason}",
    "runtime.said": "{runtime}: {reason}",
    "not-installed": "Falta por instalar: {package}",
    "unknown-name": "No existe {kind} {name}",
    "app.options": "Las opciones de la aplicación: {reason}",
    "app.range": "{option} debe estar entre {low} y {high}, no {value}",
    "app.positive": "{option} debe ser un número positivo, no {value:g}",
    # Why a network cannot be looked into.
    "layers.fork": "{count} capas leen la salida de {layer}, así que esta red no es una simple cadena",
    "layers.fork-no-map": (
        "{count} capas leen la salida de {layer}, así que esta red no es una simple cadena, y no termina"
        " en global average pooling y una capa densa"
    ),
    "layers.outputs": "{layer} tiene {count} salidas, así que esta red no es una simple cadena",
    "layers.outputs-no-map": (
        "{layer} tiene {count} salidas, así que esta red no es una simple cadena, y no termina en global"
        " average pooling y una capa densa"
    ),
    "layers.graph": "la red tiene bucles dentro, así que sus capas no se pueden separar",
    "layers.no-format": "al exportarla no se pidió ni el formato tfjs ni el onnx",
    "layers.left-out": "se exportó sin sus capas",
    # What to do.
    "hint.formats": "gemelo lee JPEG, PNG, WebP, BMP y GIF de 8 bits por canal",
    "hint.convert": "gemelo lee JPEG, PNG, WebP, BMP y GIF de 8 bits por canal; conviértalo a uno de estos",
    "hint.8-bits": "gemelo lee JPEG, PNG, WebP, BMP y GIF de 8 bits por canal; conviértalo a 8 bits",
    "hint.heic": (
        "conviértala a JPEG, o haga que gemelo lea HEIC: pip install 'gemelo[heic]' (en dispositivos: pillow-heif)"
    ),
    "hint.develop": "guárdela como JPEG con el programa de la cámara o con otro que lea fotos en bruto",
    "hint.unpack": "descomprímalo y dé las fotos que contiene",
    "hint.still": "gemelo no lee vídeos: guarde una imagen suya como JPEG o PNG",
    "hint.download": "se guardó una página en lugar de la foto: descargue la foto misma",
    "hint.lfs": "obtenga el archivo mismo: git lfs pull",
    "hint.choose": "gemelo lee JPEG, PNG, WebP, BMP y GIF de 8 bits por canal",
    "hint.smaller": "redúzcala",
    "hint.scale-down": "redúzcala, o suba el límite con --max-megapixels",
    "hint.upload-limit": "redúzcala, o suba el límite con --max-megabytes",
    "hint.save-again": "ábralo en un editor de imágenes y guárdelo de nuevo",
    "hint.sources": (
        "dé una ruta, bytes, un archivo abierto, una imagen de PIL o una matriz uint8; predict_all acepta muchos"
    ),
    "hint.export-again": "expórtelo de nuevo, o cópielo entero",
    "hint.changed": "el archivo cambió o se dañó después de comprobarlo; expórtelo de nuevo, o cópielo entero",
    "hint.makes-one": "gemelo export hace uno",
    "hint.this-is-a-run": "es un entrenamiento: gemelo export {path} --out BUNDLE",
    "hint.with-tfjs": "expórtelo también con el formato tfjs",
    "hint.newer": "instale un gemelo más nuevo",
    "hint.install": "instálelo con: {command}",
    "hint.build-again": "constrúyalo de nuevo con: {command}",
    "hint.has": "tiene {names}",
    "hint.has-nothing": "no tiene ningún artefacto",
    "hint.known": "hay: {names}",
    "hint.space": "libere espacio, o elija otro lugar con {setting}",
    "hint.import-first": (
        "un modelo de Keras o TensorFlow entrenado en otro lugar se importa: gemelo export MODELO --out BUNDLE "
        "(gemelo import --help dice más)"
    ),
    "hint.unpack-first": "descomprímalo primero y dé la carpeta",
    # A photo, in whole sentences for people who do not know the command line.
    "friendly.empty": "El archivo está vacío (0 bytes). ¿Se copió o descargó hasta el final?",
    "friendly.16-bit": (
        "Esta foto tiene 16 bits por canal, y navegadores y Python los leen de forma distinta. Guárdela con 8 bits."
    ),
    "friendly.frame": (
        "Este navegador altera los píxeles que una página lee de una cámara, para dificultar el rastreo. "
        "Guarde la imagen como foto o use otro navegador."
    ),
    "friendly.cmyk": (
        "Esta foto está guardada en CMYK, y este navegador altera los píxeles de esas fotos. Guárdela como "
        "RGB o use otro navegador."
    ),
    "friendly.folder": "No hay en esta carpeta ninguna foto que se pueda leer.",
    "friendly.unsupported": "No es una foto que se pueda leer aquí. Conviértala a JPEG, PNG o WebP.",
    "friendly.corrupt": "El archivo está dañado o cortado ({detail}). Pruebe a copiarlo o descargarlo de nuevo.",
    "friendly.too-large": "Esta foto es demasiado grande ({detail}). Redúzcala y pruebe otra vez.",
    "friendly.parts": (
        "Este archivo es demasiado complejo ({detail}). Ábralo en un editor de imágenes y guárdelo de nuevo."
    ),
    "friendly.memory": "No hay memoria suficiente para esta foto. Redúzcala o cierre otras pestañas.",
    "friendly.kind": "Es {kind}.",
    # What to do about a file that is no photo.
    "advice.convert": "Conviértalo a JPEG, PNG o WebP.",
    "advice.heic": (
        "Conviértala a JPEG. Los móviles guardan JPEG si así se ajusta la cámara: en un iPhone, Ajustes, "
        "Cámara, Formatos, Más compatible."
    ),
    "advice.develop": "Guárdela como JPEG con el programa de la cámara o con otro que lea fotos en bruto.",
    "advice.unpack": "Descomprímalo y dé las fotos que contiene.",
    "advice.still": "Aquí no se leen vídeos: guarde una imagen suya como JPEG o PNG.",
    "advice.download": "Se guardó una página en lugar de la foto: descargue la foto misma.",
    "advice.lfs": "Obtenga el archivo mismo: git lfs pull.",
    "advice.choose": "Elija una foto: JPEG, PNG, WebP, BMP o GIF.",
    # The web page.
    "page.publish": "Quien publica esta página debe publicar su carpeta de nuevo, completa.",
    "page.tell": "Puede que otro navegador la supere. Si no, avise a quien publica esta página.",
    "page.offline": "No hay conexión: solo se conserva lo que ya se usó.",
    "page.missing": (
        "Falta un archivo de esta página: {file}. Quien publica esta página debe publicar su carpeta de "
        "nuevo, completa."
    ),
    "page.tampered": (
        "Un archivo de esta página fue modificado: {file}. Quien publica esta página debe publicar su carpeta"
        " de nuevo, completa."
    ),
    "page.corrupt": (
        "Un archivo de esta página no se puede leer: {detail}. Quien publica esta página debe publicar su "
        "carpeta de nuevo, completa."
    ),
    "page.runtime": "El modelo se detuvo ({detail}). Se inicia otra vez; si falta memoria, cierre otras pestañas.",
    "engine.missing": "falta {file} (HTTP {status})",
    "engine.fetch": "no se puede descargar {file}: {reason}",
    "engine.tampered": "{file} no es el archivo que se exportó",
    "engine.difference": "diferencia máxima {difference:.2g}, se permite {limit}",
    "engine.label-changes": "{count} etiquetas cambian, se permiten {limit}",
    "engine.bytes": "{count} goldens dan aquí otros bytes que en Python: {names}",
    "engine.start": "{choice} no arranca: {reason}",
    "engine.eight-bits": "LiteRT.js no muestra tensores de 8 bits; gemelo verify BUNDLE --layers los compara en Python",
    # Lo que contradice un preprocesamiento declarado.
    "import.doubt": (
        "Es probable que el preprocesamiento declarado no sea el del entrenamiento. Con lo declarado, el modelo "
        "acierta el {right:.1f} % de {photos} fotos (log-loss {loss:.3f}). Con {options} acierta el {better:.1f} % "
        "({better_loss:.3f}). No se ha cambiado nada: `gemelo detect` muestra todas las combinaciones."
    ),
    "import.doubt-scale": (
        "Es probable que la escala declarada no sea la del entrenamiento. Con lo declarado, el modelo está demasiado "
        "seguro de sus respuestas: la log-loss es {loss:.2f} en {photos} fotos, de las que acierta el {right:.1f} %. "
        "Con {options} es {better_loss:.2f} ({better:.1f} %). No se ha cambiado nada: `gemelo detect` muestra todas "
        "las combinaciones."
    ),
}
